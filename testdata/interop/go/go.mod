// Go clients that are fit for a test and not for the program, so they stay out
// of its module.
module omnibridge-interop

go 1.26

require (
	github.com/elastic/bayeux v1.0.5
	github.com/sigmavirus24/gobayeux/v2 v2.7.0
)

require (
	github.com/sirupsen/logrus v1.9.4 // indirect
	golang.org/x/net v0.50.0 // indirect
	golang.org/x/sys v0.41.0 // indirect
)
