VERSION ?= devel

.PHONY: build test lint demo image

build: ## the program, static, in ./omnibridge
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o omnibridge ./cmd/omnibridge

test: ## everything that this machine can run
	go test ./...

lint:
	@test -z "$$(gofmt -l cmd connector omnichannel salesforce vcc)" || { gofmt -l cmd connector omnichannel salesforce vcc; exit 1; }
	go vet ./...
	go tool staticcheck ./...

demo:
	go run ./cmd/omnibridge demo

image:
	docker build --build-arg VERSION=$(VERSION) -t omnibridge:$(VERSION) .
