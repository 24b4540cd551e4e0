package metadata

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// api is a service over an org that takes everything but components named Bad.
type api struct {
	t   *testing.T
	s   *Service
	url string
	// batches that the org was given.
	batches []*Batch
}

func newAPI(t *testing.T) *api {
	t.Helper()
	a := &api{t: t}
	s, err := New(Options{
		Now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) },
		Session: func(token string) (User, error) {
			if token != "good" {
				return User{}, errors.New("Session expired or invalid")
			}
			return User{ID: "005Mk0000000001IAA", Name: "An Admin"}, nil
		},
		NewID: func(prefix string, n uint64) string { return fmt.Sprintf("%sMk%010dAAA", prefix, n) },
		Apply: func(_ User, b *Batch) []Outcome {
			a.batches = append(a.batches, b)
			outcomes := make([]Outcome, len(b.Components))
			for i, c := range b.Components {
				if c.Name == "Bad" {
					outcomes[i].Problem = Problemf("the org does not like it")
				}
			}
			return outcomes
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	a.s, a.url = s, server.URL
	return a
}

// queue is a well-formed queue.
const queue = `<Queue xmlns="` + Namespace + `"><name>A</name><queueSobject><sobjectType>Case</sobjectType></queueSobject></Queue>`

// manifestFor names components, as "Type:Name".
func manifestFor(names ...string) string {
	var b strings.Builder
	b.WriteString(`<Package xmlns="` + Namespace + `">`)
	for _, name := range names {
		typ, member, _ := strings.Cut(name, ":")
		fmt.Fprintf(&b, "<types><members>%s</members><name>%s</name></types>", member, typ)
	}
	return b.String() + "<version>67.0</version></Package>"
}

// zipped makes an archive of file names and contents in turn.
func zipped(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for pair := range slices.Chunk(files, 2) {
		f, err := w.Create(pair[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// soap calls an operation and returns the status and the Body's only child.
func (a *api) soap(session, body string) (int, *Element) {
	a.t.Helper()
	r, err := http.Post(a.url+"/services/Soap/m/67.0", "text/xml", strings.NewReader(`<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header><SessionHeader xmlns="`+
		Namespace+`"><sessionId>`+session+`</sessionId></SessionHeader></e:Header><e:Body>`+body+`</e:Body></e:Envelope>`))
	if err != nil {
		a.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	envelope, err := parse(text)
	if err != nil {
		a.t.Fatalf("reply %s: %v", text, err)
	}
	return r.StatusCode, envelope.Child("Body").Children[0]
}

// deploy deploys an archive and returns the result.
func (a *api) deploy(archive []byte, options string) *Element {
	a.t.Helper()
	_, reply := a.soap("good", `<deploy xmlns="`+Namespace+`"><ZipFile>`+base64.StdEncoding.EncodeToString(archive)+`</ZipFile><DeployOptions>`+options+`</DeployOptions></deploy>`)
	id := reply.Get("result", "id")
	if len(id) != 18 || reply.Get("result", "done") != "false" {
		a.t.Fatalf("deploy replied %s", reply.render())
	}
	_, reply = a.soap("good", "<checkDeployStatus><asyncProcessId>"+id+"</asyncProcessId><includeDetails>true</includeDetails></checkDeployStatus>")
	return reply.Child("result")
}

// problems lists what a deploy complained about, as "Name: problem".
func problems(result *Element) (list []string) {
	for _, f := range result.Child("details").All("componentFailures") {
		list = append(list, f.Get("fullName")+": "+f.Get("problem"))
	}
	return list
}

func TestDeployKeepsWhatWasDeployed(t *testing.T) {
	a := newAPI(t)
	archive := zipped(t, "package.xml", manifestFor("Queue:A"), "queues/A.queue", queue)
	for i, want := range []struct{ created, changed string }{{"true", "true"}, {"false", "false"}} {
		r := a.deploy(archive, "")
		s := r.Child("details").Child("componentSuccesses")
		if r.Get("status") != "Succeeded" || r.Get("success") != "true" || r.Get("numberComponentsDeployed") != "1" || s.Get("created") != want.created || s.Get("changed") != want.changed {
			t.Errorf("deploy %d: %s", i+1, r.render())
		}
	}
	if c := a.s.Find("Queue", "A"); c == nil || c.Get("queueSobject", "sobjectType") != "Case" {
		t.Fatalf("the org holds %v, want the queue", c)
	}
}

func TestDeployIsAllOrNothing(t *testing.T) {
	for name, archive := range map[string][]byte{
		"the org refuses one": zipped(t, "package.xml", manifestFor("Queue:A", "Queue:Bad"), "queues/A.queue", queue, "queues/Bad.queue", queue),
		"one is malformed":    zipped(t, "package.xml", manifestFor("Queue:A", "Queue:B"), "queues/A.queue", queue, "queues/B.queue", "<Queue"),
		"one is not there":    zipped(t, "package.xml", manifestFor("Queue:A", "Queue:B"), "queues/A.queue", queue),
	} {
		a := newAPI(t)
		r := a.deploy(archive, "")
		if r.Get("status") != "Failed" || r.Get("success") != "false" || r.Get("numberComponentErrors") != "1" || len(problems(r)) != 1 || r.Get("numberComponentsDeployed") != "0" {
			t.Errorf("%s: %s", name, r.render())
		}
		if a.s.Find("Queue", "A") != nil {
			t.Errorf("%s: the other one was kept", name)
		}
		if last := a.batches[len(a.batches)-1]; name != "the org refuses one" && !last.Trial {
			t.Errorf("%s: the org was not told that it is a trial", name)
		}
	}
}

func TestCheckOnlyKeepsNothing(t *testing.T) {
	a := newAPI(t)
	r := a.deploy(zipped(t, "package.xml", manifestFor("Queue:A"), "queues/A.queue", queue), "<checkOnly>true</checkOnly>")
	if r.Get("status") != "Succeeded" || r.Get("checkOnly") != "true" || a.s.Find("Queue", "A") != nil || !a.batches[0].Trial {
		t.Errorf("a dry run: %s, kept %v", r.render(), a.s.Find("Queue", "A"))
	}
}

// TestDeployComplains holds each mistake to its problem, in the words of public
// deploy logs where they are known.
func TestDeployComplains(t *testing.T) {
	one := func(typ, file, text string) []string { return []string{"package.xml", manifestFor(typ), file, text} }
	routing := func(inner string) []string {
		return one("QueueRoutingConfig:R", "queueRoutingConfigs/R.queueRoutingConfig", `<QueueRoutingConfig xmlns="`+Namespace+`">`+inner+`</QueueRoutingConfig>`)
	}
	const rest = "<label>R</label><routingModel>EXTERNAL_ROUTING</routingModel><routingPriority>1</routingPriority>"
	for _, c := range []struct {
		files []string
		want  string
	}{
		{[]string{"queues/A.queue", queue}, "No package.xml found"},
		{[]string{"package.xml", "<Package"}, "Error parsing file"},
		{[]string{"package.xml", manifestFor("Quu:A")}, "Unknown type name 'Quu' specified in package.xml"},
		{[]string{"package.xml", manifestFor("Queue:../A")}, "which is no name"},
		{[]string{"package.xml", manifestFor("Queue:A")}, "An object 'A' of type Queue was named in package.xml, but was not found in zipped directory"},
		{[]string{"package.xml", manifestFor(), "queues/A.queue", queue}, "not named in package.xml"},
		{[]string{"package.xml", manifestFor("Queue:A"), "queue/A.queue", queue}, "was not found in zipped directory"},
		{[]string{"package.xml", manifestFor(), "destructiveChanges.xml", manifestFor("Queue:A")}, "destructive changes"},
		{one("Queue:A", "queues/A.queue", "<Queue>"), "Error parsing file: "},
		{one("Queue:A", "queues/A.queue", strings.Repeat("<a>", maxDepth+1)), "nested more than"},
		{one("Queue:A", "queues/A.queue", ""), "Error parsing file: Premature end of file."},
		{one("Queue:A", "queues/A.queue", `<!DOCTYPE x><Queue/>`), "A document type is not allowed"},
		{one("Queue:A", "queues/A.queue", `<Queue><name>A</name></Queue>`), "a Queue is expected"},
		{one("Queue:A", "queues/A.queue", `<Group xmlns="`+Namespace+`"/>`), "a Queue is expected"},
		{one("Queue:A", "queues/A.queue", `<Queue xmlns="`+Namespace+`"></Queue>`), "Required field is missing: name"},
		{one("Settings:Queue", "settings/Queue.settings", `<QueueSettings xmlns="`+Namespace+`"/>`), "cannot be deployed to this org"},
		{one("StaticResource:R", "staticresources/R.resource-meta.xml", `<StaticResource xmlns="`+Namespace+`"/>`), "needs both"},
		{routing(rest + "<colour>red</colour>"), "Error parsing file: Element {" + Namespace + "}colour invalid at this location in type QueueRoutingConfig"},
		{routing(rest + `<x:isAttributeBased xmlns:x="urn:x">true</x:isAttributeBased>`), "Element {urn:x}isAttributeBased invalid at this location"},
		{routing("<label>Q</label>" + rest), "Element label is duplicated at this location in type QueueRoutingConfig"},
		{routing("<skills/>" + rest + "<skills/>"), "Element skills is duplicated"},
		{routing(strings.Replace(rest, "EXTERNAL_ROUTING", "ExternalRouting", 1)), "'ExternalRouting' is not a valid value for the enum 'RoutingModel'"},
		{routing(strings.Replace(rest, ">1<", ">high<", 1)), "'high' is not a valid value for the number routingPriority"},
		{routing(rest + "<isAttributeBased>no</isAttributeBased>"), "'no' is not a valid value for the boolean isAttributeBased"},
		{routing("<label><b>R</b></label>" + strings.TrimPrefix(rest, "<label>R</label>")), "}b invalid at this location"},
		{routing("words" + rest), "Unexpected text in type QueueRoutingConfig"},
	} {
		a := newAPI(t)
		r := a.deploy(zipped(t, c.files...), "")
		if got := problems(r); r.Get("status") != "Failed" || !slices.ContainsFunc(got, func(p string) bool { return strings.Contains(p, c.want) }) {
			t.Errorf("%q: %s %q, want %q", c.files, r.Get("status"), got, c.want)
		}
	}
}

func TestProblemsTellTheirPlace(t *testing.T) {
	a := newAPI(t)
	text := strings.Replace(queue, "<name>", "\n<colour/>\n<name>", 1)
	r := a.deploy(zipped(t, "package.xml", manifestFor("Queue:A"), "queues/A.queue", text), "")
	if f := r.Child("details").Child("componentFailures"); f.Get("lineNumber") != "2" || f.Get("columnNumber") == "" {
		t.Errorf("the failure is %s, want line 2", f.render())
	}
}

func TestSessionIsNeeded(t *testing.T) {
	a := newAPI(t)
	status, reply := a.soap("bad", "<describeMetadata/>")
	if status != http.StatusInternalServerError || reply.Get("faultcode") != "sf:INVALID_SESSION_ID" {
		t.Errorf("SOAP: %d %s", status, reply.render())
	}
	r, err := http.Get(a.url + "/services/data/v67.0/metadata/deployRequest/0Af")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var list []struct{ ErrorCode string }
	if err := json.NewDecoder(r.Body).Decode(&list); err != nil || r.StatusCode != http.StatusUnauthorized || list[0].ErrorCode != "INVALID_SESSION_ID" {
		t.Errorf("REST: %d %v %v", r.StatusCode, list, err)
	}
}

func TestWhatIsNotServed(t *testing.T) {
	a := newAPI(t)
	for body, code := range map[string]string{
		"<readMetadata/>": "sf:INVALID_OPERATION", "<deploy><ZipFile>?</ZipFile></deploy>": "sf:INVALID_INPUT", "": "sf:INVALID_INPUT",
		"<checkDeployStatus><asyncProcessId>0Af</asyncProcessId></checkDeployStatus>": "sf:INVALID_CROSS_REFERENCE_KEY",
		"<listMetadata><queries><type>Quu</type></queries></listMetadata>":            "sf:INVALID_TYPE",
	} {
		if status, reply := a.soap("good", body); status != http.StatusInternalServerError || reply.Get("faultcode") != code {
			t.Errorf("%s: %d %s, want %s", body, status, reply.render(), code)
		}
	}
	for path, want := range map[string]int{"/services/Soap/m/67.0": http.StatusMethodNotAllowed, "/services/Soap/m/67": http.StatusNotFound, "/services/data/v67.0/metadata/x": http.StatusNotFound} {
		r, err := http.Get(a.url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if r.StatusCode != want {
			t.Errorf("GET %s: %d, want %d", path, r.StatusCode, want)
		}
	}
}

func TestRetrieveListDescribe(t *testing.T) {
	a := newAPI(t)
	a.deploy(zipped(t, "package.xml", manifestFor("Queue:*", "StaticResource:R"), "queues/A.queue", queue, "queues/B.queue", queue,
		"staticresources/R.resource", "text", "staticresources/R.resource-meta.xml",
		`<StaticResource xmlns="`+Namespace+`"><cacheControl>Public</cacheControl><contentType>text/plain</contentType></StaticResource>`), "")
	_, reply := a.soap("good", "<listMetadata><queries><type>Queue</type></queries></listMetadata>")
	if all := reply.All("result"); len(all) != 2 || all[0].Get("fullName") != "A" || all[1].Get("createdByName") != "An Admin" {
		t.Errorf("list: %s", reply.render())
	}
	if _, reply := a.soap("good", "<describeMetadata/>"); len(reply.Child("result").All("metadataObjects")) != len(a.s.types.kinds) {
		t.Errorf("describe: %s", reply.render())
	}
	_, reply = a.soap("good", "<retrieve><request><unpackaged><types><members>*</members><name>Queue</name></types>"+
		"<types><members>R</members><members>Q</members><name>StaticResource</name></types></unpackaged></request></retrieve>")
	_, reply = a.soap("good", "<checkRetrieveStatus><asyncProcessId>"+reply.Get("result", "id")+"</asyncProcessId></checkRetrieveStatus>")
	archive, err := base64.StdEncoding.DecodeString(reply.Get("result", "zipFile"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := unpack(archive, archiveBounds)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 5 || string(files["queues/A.queue"]) != queue || string(files["staticresources/R.resource"]) != "text" {
		t.Errorf("retrieve gave %d files: %s", len(files), files)
	}
	if m := reply.Child("result").All("messages"); len(m) != 1 || m[0].Get("problem") != "Entity of type 'StaticResource' named 'Q' cannot be found" {
		t.Errorf("messages: %s", reply.render())
	}
}

func TestResultsAreForgotten(t *testing.T) {
	a := newAPI(t)
	archive := zipped(t, "package.xml", manifestFor())
	first := a.deploy(archive, "").Get("id")
	for range maxJobs {
		a.s.deploy(User{}, archive, deployOptions{})
	}
	if len(a.s.jobs) != maxJobs || len(a.s.order) != maxJobs {
		t.Errorf("%d results are kept, want %d", len(a.s.jobs), maxJobs)
	}
	if _, err := job[*deployResult](a.s, first); err == nil {
		t.Error("the oldest result is still there")
	}
}

func TestArchivesAreBounded(t *testing.T) {
	small := bounds{packed: 500, unpacked: 1000, files: 2}
	for want, archive := range map[string][]byte{
		"this org takes 500":       make([]byte, 501),
		"no zip file":              []byte("PK"),
		"this org takes 2":         zipped(t, "a", "", "b", "", "c", ""),
		"unpacks to more than":     zipped(t, "a", strings.Repeat("a", 1000), "b", "b"),
		"a file outside itself":    zipped(t, "../a", "a"),
		"outside itself: a/../..":  zipped(t, "a/../../b", "b"),
		"a file outside itself: /": zipped(t, "/a", "a"),
	} {
		if _, err := unpack(archive, small); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	files, err := unpack(zipped(t, "top/package.xml", "p", "top/queues/A.queue", "a"), small)
	if err != nil || string(files["queues/A.queue"]) != "a" {
		t.Errorf("an archive in a folder: %s, %v", files, err)
	}
}

// FuzzParse holds that what is parsed and rendered parses to the same again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(queue))
	f.Add([]byte(`<a><b>x &amp; y</b><b/></a>`))
	f.Add([]byte(manifestFor("Queue:A")))
	ts, err := loadTypes(typesText)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := parse(text)
		if err != nil {
			return
		}
		_ = ts.check(kind{name: e.Name}, &Component{Type: e.Name, Root: e})
		again, err := parse(e.render())
		if err != nil {
			t.Fatalf("%q renders as %q: %v", text, e.render(), err)
		}
		if !bytes.Equal(again.render(), e.render()) {
			t.Errorf("%q renders as %q, then as %q", text, e.render(), again.render())
		}
	})
}
