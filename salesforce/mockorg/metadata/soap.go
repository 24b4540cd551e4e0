package metadata

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// The versions of the API that are served.
const (
	minVersion = 31
	maxVersion = 68
)

// maxBody bounds a request: an archive in base64, and what is around it.
const maxBody = maxArchive/3*4 + 1<<20

var soapPath = regexp.MustCompile(`^/services/Soap/m/([0-9]{1,3})\.0(/[0-9A-Za-z]{15,18})?/?$`)

// serveSOAP answers POST /services/Soap/m/{version}[/{org}].
func (s *Service) serveSOAP(w http.ResponseWriter, r *http.Request) {
	path := soapPath.FindStringSubmatch(r.URL.Path)
	if path == nil {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "SOAP needs POST", http.StatusMethodNotAllowed)
		return
	}
	version, _ := strconv.Atoi(path[1]) // the pattern has seen the digits
	operation, result, err := s.call(w, r, version)
	var b bytes.Buffer
	b.WriteString(xml.Header + `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sf="` + Namespace + `" xmlns="` + Namespace + `"><soapenv:Body>`)
	status := http.StatusOK
	if err == nil {
		err = encode(&b, operation, result)
	}
	if err != nil {
		status = http.StatusInternalServerError
		fault(&b, err)
	}
	b.WriteString(`</soapenv:Body></soapenv:Envelope>`)
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the client is gone if this fails
}

// encode writes a reply; a slice becomes several results.
func encode(b *bytes.Buffer, operation string, result any) error {
	var inner bytes.Buffer
	if result != nil {
		if err := xml.NewEncoder(&inner).EncodeElement(result, xml.StartElement{Name: xml.Name{Local: "result"}}); err != nil {
			return err
		}
	}
	b.WriteString("<" + operation + "Response>")
	b.Write(inner.Bytes())
	b.WriteString("</" + operation + "Response>")
	return nil
}

// fault writes an error as SOAP says it.
func fault(b *bytes.Buffer, err error) {
	code, text := "soapenv:Server", "UNKNOWN_EXCEPTION: "+err.Error()
	var r *refusal
	if errors.As(err, &r) {
		code, text = "sf:"+r.code, r.code+": "+r.message
	}
	b.WriteString("<soapenv:Fault><faultcode>")
	escape(b, code)
	b.WriteString("</faultcode><faultstring>")
	escape(b, text)
	b.WriteString("</faultstring></soapenv:Fault>")
}

// call carries out one operation and returns its result.
func (s *Service) call(w http.ResponseWriter, r *http.Request, version int) (operation string, result any, err error) {
	if version < minVersion || version > maxVersion {
		return "", nil, &refusal{http.StatusGone, "UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL"}
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return "", nil, &refusal{http.StatusRequestEntityTooLarge, "REQUEST_TOO_LARGE", "The request is larger than this org takes"}
	}
	envelope, err := parse(text)
	if err != nil {
		return "", nil, &refusal{http.StatusBadRequest, "INVALID_INPUT", "The body is no SOAP envelope: " + err.Error()}
	}
	body := envelope.Child("Body")
	if body == nil || len(body.Children) != 1 {
		return "", nil, &refusal{http.StatusBadRequest, "INVALID_INPUT", "The body is no SOAP envelope with one operation"}
	}
	user, err := s.o.Session(envelope.Child("Header").Child("SessionHeader").Get("sessionId"))
	if err != nil {
		return "", nil, &refusal{http.StatusUnauthorized, "INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session"}
	}
	op := body.Children[0]
	result, err = s.perform(user, op, version)
	return op.Name, result, err
}

// perform carries out an operation for a user.
func (s *Service) perform(user User, op *Element, version int) (any, error) {
	switch op.Name {
	case "deploy":
		archive, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(op.Get("ZipFile")), ""))
		if err != nil {
			return nil, &refusal{http.StatusBadRequest, "INVALID_INPUT", "ZipFile is no base64"}
		}
		id := s.deploy(user, archive, deployOptions{CheckOnly: op.Get("DeployOptions", "checkOnly") == "true"})
		return asyncResult{ID: id, State: "Queued"}, nil
	case "checkDeployStatus":
		r, err := job[*deployResult](s, op.Get("asyncProcessId"))
		if err != nil {
			return nil, err
		}
		return r.withDetails(op.Get("includeDetails") == "true"), nil
	case "describeMetadata":
		return s.describe(), nil
	case "listMetadata":
		return s.list(op.All("queries"))
	case "retrieve":
		return s.retrieve(user, op, version)
	case "checkRetrieveStatus":
		return job[*retrieveResult](s, op.Get("asyncProcessId"))
	}
	return nil, &refusal{http.StatusBadRequest, "INVALID_OPERATION", "This org does not know the operation " + clip(op.Name)}
}

// asyncResult says that a job has been taken on.
type asyncResult struct {
	Done  bool   `xml:"done"`
	ID    string `xml:"id"`
	State string `xml:"state"`
}

// withDetails returns the result with or without its details.
func (r *deployResult) withDetails(details bool) *deployResult {
	if details {
		return r
	}
	short := *r
	short.Details = nil
	return &short
}
