FROM golang:1.26 AS build
ENV GOTOOLCHAIN=local CGO_ENABLED=0
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=devel
RUN go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /omnibridge ./cmd/omnibridge \
 && mkdir /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /omnibridge /omnibridge
COPY --from=build --chown=nonroot:nonroot /data /data
ENV OMNIBRIDGE_DATA=/data/omnibridge.db OMNIBRIDGE_LISTEN=0.0.0.0:8080
VOLUME /data
EXPOSE 8080
USER nonroot
ENTRYPOINT ["/omnibridge"]
CMD ["run"]
