package mockorg_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg"
)

// TestAcceptance is the acceptance checklist of salesforce-apis section 6, a part
// per line of it, as raw requests over HTTP. Other tests hold most lines in depth;
// this one shows at a glance that none is missing.
func TestAcceptance(t *testing.T) {
	for name, part := range map[string]func(*testing.T, *site){
		"paths of streaming, with the type and without": acceptPaths,
		"array or object":                         acceptObject,
		"three authorization schemes":             acceptSchemes,
		"cookies without Secure over http":        acceptCookies,
		"405 to an upgrade":                       acceptUpgrade,
		"several messages, timeout obeyed":        acceptMessages,
		"ids echoed as they were":                 acceptIDs,
		"replay ids as text, foreign map":         acceptReplay,
		"SOAP login without prefixes":             acceptSOAP,
		"list of versions":                        acceptVersions,
		"gzip both ways, Sforce-Limit-Info":       acceptGzip,
		"trailing slashes":                        acceptSlashes,
		"a locator under any version":             acceptLocator,
		"queries that clients make by themselves": acceptQueries,
		"chunked bodies":                          acceptChunked,
	} {
		t.Run(name, func(t *testing.T) { part(t, newSite(t, mockorg.Options{})) })
	}
}

// bayeux posts to the streaming server and returns the messages of the reply.
func (s *site) bayeux(c *http.Client, path, body string, headers ...string) ([]map[string]any, *http.Response) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), "POST", s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+s.token)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	reply, err := c.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	var messages []map[string]any
	if err == nil {
		err = json.Unmarshal(text, &messages)
	}
	if err != nil {
		s.t.Fatalf("POST %s %s: %s %s, %v", path, body, reply.Status, text, err)
	}
	return messages, reply
}

const shake = `{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"],"ext":{"replay":true}}`

// browser keeps cookies, as a session of streaming needs.
func (s *site) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

// shaken is a browser with a session of streaming.
func (s *site) shaken() (c *http.Client, clientID string) {
	s.t.Helper()
	c = s.browser()
	got, _ := s.bayeux(c, "/cometd/67.0", "["+shake+"]")
	clientID, _ = got[0]["clientId"].(string)
	if got[0]["successful"] != true || clientID == "" {
		s.t.Fatalf("handshake: %v", got)
	}
	return c, clientID
}

func acceptPaths(t *testing.T, s *site) {
	for _, path := range []string{"/cometd/67.0", "/cometd/67.0/", "/cometd/43.0/handshake", "/cometd/62.0/handshake/"} {
		if got, _ := s.bayeux(s.browser(), path, "["+shake+"]"); got[0]["successful"] != true {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func acceptObject(t *testing.T, s *site) {
	if got, _ := s.bayeux(s.browser(), "/cometd/38.0", shake); len(got) != 1 || got[0]["successful"] != true {
		t.Errorf("a bare object: %v", got)
	}
}

func acceptSchemes(t *testing.T, s *site) {
	for _, scheme := range []string{"Bearer ", "OAuth ", ""} {
		if got, _ := s.bayeux(s.browser(), "/cometd/67.0", "["+shake+"]", "Authorization", scheme+s.token); got[0]["successful"] != true {
			t.Errorf("scheme %q: %v", scheme, got)
		}
	}
	if got, _ := s.bayeux(s.browser(), "/cometd/67.0", "["+shake+"]", "Authorization", "Basic "+s.token); got[0]["successful"] != false {
		t.Errorf("another scheme: %v", got)
	}
	s.call(200, "GET", "limits", "", "Authorization", "OAuth "+s.token)
}

func acceptCookies(t *testing.T, s *site) {
	_, reply := s.bayeux(&http.Client{}, "/cometd/67.0", "["+shake+"]")
	if len(reply.Cookies()) == 0 {
		t.Error("no cookies")
	}
	for _, c := range reply.Cookies() {
		if c.Secure {
			t.Errorf("%s would not come back over http", c.Name)
		}
	}
	_, clientID := s.shaken()
	got, _ := s.bayeux(&http.Client{}, "/cometd/67.0", fmt.Sprintf(`[{"channel":"/meta/connect","clientId":%q,"connectionType":"long-polling"}]`, clientID))
	if got[0]["successful"] != false {
		t.Errorf("without its cookies: %v", got)
	}
}

func acceptUpgrade(_ *testing.T, s *site) {
	s.call(405, "GET", "/cometd/67.0", "", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
}

func acceptMessages(t *testing.T, s *site) {
	s.create("PushTopic", `{"Name":"T","Query":"SELECT Id FROM Ticket__c","ApiVersion":67.0}`)
	c, id := s.shaken()
	begun := time.Now()
	got, _ := s.bayeux(c, "/cometd/67.0", fmt.Sprintf(`[{"channel":"/meta/connect","clientId":%q,"connectionType":"long-polling","advice":{"timeout":0}},
		{"channel":"/meta/subscribe","clientId":%q,"subscription":"/topic/T"}]`, id, id))
	if len(got) != 2 || got[0]["successful"] != true || got[1]["successful"] != true || time.Since(begun) > time.Minute {
		t.Errorf("after %v: %v", time.Since(begun), got)
	}
}

func acceptIDs(t *testing.T, s *site) {
	for id, want := range map[string]any{`"id":"1",`: "1", `"id":"007",`: "007", `"id":7,`: 7.0, ``: nil} {
		if got, _ := s.bayeux(s.browser(), "/cometd/67.0", "[{"+id+shake[1:]+"]"); got[0]["id"] != want {
			t.Errorf("%s came back as %v", id, got[0]["id"])
		}
	}
}

func acceptReplay(t *testing.T, s *site) {
	for _, name := range []string{"A", "B"} {
		s.create("PushTopic", fmt.Sprintf(`{"Name":%q,"Query":"SELECT Id FROM Ticket__c","ApiVersion":67.0}`, name))
	}
	s.create("Ticket__c", `{}`)
	for _, ext := range []string{`{"/topic/A":"-2"}`, `{"/topic/A":-2,"/topic/B":-1,"/topic/Elsewhere":987654}`} {
		c, id := s.shaken()
		got, _ := s.bayeux(c, "/cometd/67.0", fmt.Sprintf(`[{"channel":"/meta/subscribe","clientId":%q,"subscription":"/topic/A","ext":{"replay":%s}}]`, id, ext))
		more, _ := s.bayeux(c, "/cometd/67.0", fmt.Sprintf(`[{"channel":"/meta/connect","clientId":%q,"connectionType":"long-polling","advice":{"timeout":0}}]`, id))
		events := 0
		for _, m := range append(got, more...) {
			if m["channel"] == "/topic/A" {
				events++
			}
		}
		if events != 1 {
			t.Errorf("replay %s brought %d events: %v %v", ext, events, got, more)
		}
	}
}

func acceptSOAP(t *testing.T, s *site) {
	body := `<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body><n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>` +
		mockorg.IntegrationUser + `</n1:username><n1:password>` + mockorg.DefaultPassword + `</n1:password></n1:login></env:Body></env:Envelope>`
	got := s.call(200, "POST", "/services/Soap/u/54.0", body, "Content-Type", "text/xml", "SOAPAction", "login")
	for _, element := range []string{"<sessionId>", "<serverUrl>", "<userId>"} {
		if !strings.Contains(got, element) {
			t.Errorf("no %s in %s", element, got)
		}
	}
}

func acceptVersions(t *testing.T, s *site) {
	var versions []struct{ Label, URL, Version string }
	decode(t, s.call(200, "GET", "/services/data", ""), &versions)
	if len(versions) < 30 || versions[len(versions)-1].URL != "/services/data/v"+versions[len(versions)-1].Version {
		t.Errorf("versions: %v", versions)
	}
}

func acceptGzip(t *testing.T, s *site) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, `{"Subject__c":"packed"}`)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	s.call(201, "POST", "sobjects/Ticket__c", packed.String(), "Content-Encoding", "gzip")
	reply, text, err := s.send("GET", "sobjects/Ticket__c/describe", "", "Accept-Encoding", "gzip")
	if err != nil || reply.Header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(text, "\x1f\x8b") {
		t.Errorf("a reply packed as %q, %v", reply.Header.Get("Content-Encoding"), err)
	}
	if info := reply.Header.Get("Sforce-Limit-Info"); !strings.HasPrefix(info, "api-usage=2/") {
		t.Errorf("Sforce-Limit-Info: %q", info)
	}
}

func acceptSlashes(_ *testing.T, s *site) {
	s.call(201, "POST", "sobjects/Ticket__c/", `{}`)
	s.call(200, "GET", "query/?q="+url.QueryEscape("SELECT Id FROM Ticket__c"), "")
	s.call(200, "GET", "limits/", "")
	s.call(200, "GET", "/services/data/", "")
}

func acceptLocator(t *testing.T, s *site) {
	for range 201 {
		s.create("Ticket__c", `{}`)
	}
	var p page
	decode(t, s.call(200, "GET", "query?q="+url.QueryEscape("SELECT Id FROM Ticket__c"), "", "Sforce-Query-Options", "batchSize=200"), &p)
	for _, version := range []string{"v67.0", "v42.0", "v60.0"} {
		var rest page
		decode(t, s.call(200, "GET", strings.Replace(p.NextRecordsURL, "v67.0", version, 1), ""), &rest)
		if !rest.Done || len(rest.Records) != 1 {
			t.Errorf("under %s: %+v", version, rest)
		}
	}
}

func acceptQueries(_ *testing.T, s *site) {
	s.query("SELECT Name, InstanceName, IsSandbox, TrialExpirationDate, NamespacePrefix, OrganizationType FROM Organization")
	s.refused(400, "INVALID_TYPE", "GET", "/services/data/v51.0/query?q="+url.QueryEscape("SELECT Id FROM ScratchOrgInfo limit 1"), "")
	s.query("SELECT Id, Username FROM User")
	s.query("SELECT Id, Name, Query, ApiVersion FROM PushTopic")
	s.query("SELECT Id, Name FROM StreamingChannel")
}

func acceptChunked(t *testing.T, s *site) {
	for path, body := range map[string]string{"/services/data/v67.0/sobjects/Ticket__c": `{"Subject__c":"in pieces"}`, "/cometd/67.0": "[" + shake + "]"} {
		pieces := io.MultiReader(strings.NewReader(body[:5]), strings.NewReader(body[5:])) // of unknown length
		r, err := http.NewRequestWithContext(t.Context(), "POST", s.url+path, pieces)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+s.token)
		r.Header.Set("Content-Type", "application/json")
		reply, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(reply.Body)
		reply.Body.Close()
		if err != nil || reply.StatusCode > 201 || !bytes.Contains(text, []byte("true")) {
			t.Errorf("%s: %s %s, %v", path, reply.Status, text, err)
		}
	}
}
