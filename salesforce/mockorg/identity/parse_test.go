package identity

import (
	"strings"
	"testing"
)

// A login written by encoding its parts is read back, whatever stands around it,
// and no body makes the parser do more than refuse.
func FuzzSOAP(f *testing.F) {
	for _, seed := range []string{
		``, `<a/>`, `<Envelope><Body/></Envelope>`, `<Envelope><Body><login><username>a</username></login></Body></Envelope>`,
		`<e:Envelope xmlns:e="x"><e:Header><h><sessionId> s </sessionId></h></e:Header><e:Body><n:login xmlns:n="y"><n:password>&lt;</n:password></n:login></e:Body></e:Envelope>`,
		`<!DOCTYPE a [<!ENTITY b "c">]><Envelope><Body><x>&b;</x></Body></Envelope>`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		call, err := parseSOAP(strings.NewReader(body))
		if err != nil && call != (soapCall{}) {
			t.Fatalf("%+v with error %v", call, err)
		}
		if err == nil && call.operation == "" {
			t.Fatalf("no operation in %q, and no error", body)
		}
	})
}

func FuzzBearer(f *testing.F) {
	for _, seed := range []string{"", "x", "Bearer x", "OAuth  x ", "Basic x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if token, ok := bearer(header); !ok && token != "" {
			t.Fatalf("a token %q of a scheme that carries none", token)
		}
	})
}
