package contactpad

import (
	"slices"
	"sync"
)

// outbox holds what one socket has yet to be sent. It has room for maxQueued
// messages. Of desks and of questions whether the panel lives only the newest is
// kept, so a panel that reads slowly gets fewer of them. When nevertheless full, the
// panel is told to come back ("slow"): it then gets everything anew.
type outbox struct {
	mu      sync.Mutex
	waiting []parcel
	last    *farewell
	closed  bool
	wake    chan struct{} // has room for one
}

// parcel is a message on its way.
type parcel struct {
	kind byte // only the newest of a kind is kept, unless 0
	data []byte
}

const (
	kindDesk byte = 'd'
	kindAsk  byte = 'a'
	kindTry  byte = 'l' // where to log in
)

// farewell ends a socket: words, then a close code.
type farewell struct {
	code int
	bye  byeMessage
}

func newOutbox() *outbox { return &outbox{wake: make(chan struct{}, 1)} }

// put queues a message. It never waits.
func (o *outbox) put(kind byte, data []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || o.last != nil {
		return
	}
	if kind != 0 {
		o.waiting = slices.DeleteFunc(o.waiting, func(p parcel) bool { return p.kind == kind })
	}
	if len(o.waiting) >= maxQueued {
		o.waiting, o.last = nil, byeSlow()
	} else {
		o.waiting = append(o.waiting, parcel{kind, data})
	}
	o.ring()
}

// forget takes a kind of message back that was not sent yet.
func (o *outbox) forget(kind byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting = slices.DeleteFunc(o.waiting, func(p parcel) bool { return p.kind == kind })
}

// end queues a farewell; nothing comes after it.
func (o *outbox) end(f *farewell) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || o.last != nil {
		return
	}
	o.last = f
	o.ring()
}

// close ends the outbox at once: nobody is there to read.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.closed, o.waiting = true, nil
		o.ring()
	}
}

// take returns all that waits. open is false after close.
func (o *outbox) take() (batch []parcel, last *farewell, open bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	batch, o.waiting = o.waiting, nil
	return batch, o.last, !o.closed
}

func (o *outbox) ring() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}
