package streaming

import (
	"bytes"
	"errors"
	"io"
	"time"
)

// stillFor is how long a reply may stand still once it has begun. Salesforce writes
// a reply in one go, so that the rest of one that stopped is not to come, and the
// poll's deadline is far off. Headers are not yet a reply, nor are blanks: a server or
// a proxy may send them and then be silent for as long as there is nothing to tell.
const stillFor = 30 * time.Second

var errStill = errors.New("a reply stood still in the middle for " + stillFor.String())

// pulse is the body of a reply. It ends the request when the reply stands still. What
// is compressed begins with the first that can be unpacked.
type pulse struct {
	io.ReadCloser
	stop  func()
	timer *time.Timer // nil until the reply has begun
}

func (p *pulse) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	switch {
	case err != nil:
		if p.timer != nil {
			p.timer.Stop()
		}
	case p.timer != nil:
		p.timer.Reset(stillFor)
	case len(bytes.TrimLeft(b[:n], " \t\r\n")) > 0:
		p.timer = time.AfterFunc(stillFor, p.stop)
	}
	return n, err
}

// Close implements io.Closer.
func (p *pulse) Close() error {
	if p.timer != nil {
		p.timer.Stop()
	}
	return p.ReadCloser.Close()
}
