package identity

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// The versions of SOAP: older ones are retired, newer ones have no login
// (salesforce-apis 1.4).
const (
	firstSOAP = 31
	lastLogin = 64
)

// soapFault is an error as SOAP says it.
type soapFault struct{ code, message string }

func fault(code, message string) *soapFault { return &soapFault{code, message} }

const wrongLogin = "Invalid username, password, security token; or user locked out."

var soapPath = regexp.MustCompile(`^/services/Soap/([uc])/([0-9]{1,3})\.0(/[0-9A-Za-z]{15,18})?/?$`)

// soap is POST /services/Soap/{u|c}/{version}[/{org}][/].
func (s *Service) soap(w http.ResponseWriter, r *http.Request) {
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
	namespace := "urn:partner.soap.sforce.com"
	if path[1] == "c" {
		namespace = "urn:enterprise.soap.sforce.com"
	}
	version, _ := strconv.Atoi(path[2]) // the pattern has seen the digits
	answer, f := s.perform(w, r, version)
	var body bytes.Buffer
	status := http.StatusOK
	body.WriteString(`<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" `)
	if f != nil {
		status = http.StatusInternalServerError
		f.write(&body)
	} else {
		fmt.Fprintf(&body, `xmlns="%s"><soapenv:Body>%s`, namespace, answer)
	}
	body.WriteString(`</soapenv:Body></soapenv:Envelope>`)
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

// perform carries the operation out and returns the element that answers it.
func (s *Service) perform(w http.ResponseWriter, r *http.Request, version int) (string, *soapFault) {
	if version < firstSOAP {
		return "", fault("UNSUPPORTED_API_VERSION", fmt.Sprintf("API version %d.0 is retired; use %d.0 or later", version, firstSOAP))
	}
	if r.Header.Get("SOAPAction") == "" {
		return "", fault("soapenv:Client", "SOAPAction HTTP header missing")
	}
	call, err := parseSOAP(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return "", fault("soapenv:Client", "The body is not a SOAP envelope: "+err.Error())
	}
	switch call.operation {
	case "login":
		return s.soapLogin(call, version)
	case "logout":
		if !s.Revoke(call.sessionID) {
			return "", fault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session")
		}
		return "<logoutResponse/>", nil
	}
	return "", fault("soapenv:Client", "No operation available for request "+call.operation)
}

// soapLogin checks a password that ends with the security token.
func (s *Service) soapLogin(call soapCall, version int) (string, *soapFault) {
	u, f := s.soapUser(call, version)
	if f != nil {
		s.refuse(GrantSOAP, f.code, call.username)
		return "", f
	}
	session := s.admit(u, App{}, GrantSOAP, "")
	var b bytes.Buffer
	b.WriteString("<loginResponse><result>")
	server := fmt.Sprintf("%s/services/Soap/u/%d.0/%s", s.o.BaseURL(), version, s.o.OrgID[:15])
	element(&b, "metadataServerUrl", strings.Replace(server, "/Soap/u/", "/Soap/m/", 1))
	element(&b, "passwordExpired", strconv.FormatBool(u.PasswordOld))
	element(&b, "sandbox", strconv.FormatBool(s.o.Sandbox))
	element(&b, "serverUrl", server)
	element(&b, "sessionId", session.Token)
	element(&b, "userId", u.ID)
	b.WriteString("<userInfo>")
	element(&b, "organizationId", s.o.OrgID)
	element(&b, "sessionSecondsValid", strconv.Itoa(int(session.Expires.Sub(session.Issued).Seconds())))
	element(&b, "userEmail", u.Email)
	element(&b, "userFullName", u.name())
	element(&b, "userId", u.ID)
	element(&b, "userName", u.Username)
	element(&b, "userType", "Standard")
	b.WriteString("</userInfo></result></loginResponse>")
	return b.String(), nil
}

func (s *Service) soapUser(call soapCall, version int) (User, *soapFault) {
	if s.o.NoSOAPLogin {
		return User{}, fault("API_DISABLED_FOR_ORG", "SOAP API login() is disabled by default in this org.")
	}
	if version > lastLogin {
		return User{}, fault("UNSUPPORTED_API_VERSION", fmt.Sprintf("SOAP API login() is not available in API version %d.0; use %d.0 or OAuth", version, lastLogin))
	}
	u, ok := s.o.Users(call.username)
	switch {
	case !ok, u.Locked, !u.Active:
		return User{}, fault("INVALID_LOGIN", wrongLogin)
	case u.admits(call.password):
		return u, nil
	case u.Password != "" && u.SecurityToken != "" && same(u.Password, call.password):
		return User{}, fault("LOGIN_MUST_USE_SECURITY_TOKEN", wrongLogin+" Are you at a new location? When accessing Salesforce--either via a desktop client or the API--from outside of your company's trusted networks, you must add a security token to your password to log in.")
	}
	return User{}, fault("INVALID_LOGIN", wrongLogin)
}

// element writes one unprefixed element; clients look for exactly that form.
func element(b *bytes.Buffer, name, text string) {
	b.WriteString("<" + name + ">")
	_ = xml.EscapeText(b, []byte(text)) // into memory
	b.WriteString("</" + name + ">")
}

func (f *soapFault) write(b *bytes.Buffer) {
	code, text := f.code, f.message
	if !strings.Contains(code, ":") {
		code, text = "sf:"+code, f.code+": "+f.message
	}
	b.WriteString(`xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>`)
	element(b, "faultcode", code)
	element(b, "faultstring", text)
	if code != f.code {
		b.WriteString(`<detail><sf:LoginFault xsi:type="sf:LoginFault">`)
		element(b, "sf:exceptionCode", f.code)
		element(b, "sf:exceptionMessage", f.message)
		b.WriteString(`</sf:LoginFault></detail>`)
	}
	b.WriteString(`</soapenv:Fault>`)
}

// soapCall is what the service understands of an envelope.
type soapCall struct {
	operation          string
	username, password string // of a login
	sessionID          string // of the session header
}

var errEnvelope = errors.New("there is no Envelope with a Body and an operation in it")

// parseSOAP reads an envelope by local names alone, since every client has its
// own prefixes.
func parseSOAP(r io.Reader) (call soapCall, err error) {
	decoder := xml.NewDecoder(r)
	var path []string
	var text strings.Builder
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			// The decoder's own words may quote a password that was not escaped.
			line, _ := decoder.InputPos()
			return soapCall{}, fmt.Errorf("it is not well-formed XML at line %d", line)
		}
		switch t := token.(type) {
		case xml.Directive:
			return soapCall{}, errors.New("a document type is not allowed")
		case xml.StartElement:
			path = append(path, t.Name.Local)
			text.Reset()
			if len(path) == 3 && path[0] == "Envelope" && path[1] == "Body" && call.operation == "" {
				call.operation = t.Name.Local
			}
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			call.note(path, text.String())
			path = path[:len(path)-1]
			text.Reset()
		}
	}
	if call.operation == "" {
		return soapCall{}, errEnvelope
	}
	return call, nil
}

// note keeps the text of an element that matters.
func (c *soapCall) note(path []string, text string) {
	if len(path) != 4 || path[0] != "Envelope" {
		return
	}
	switch path[1] + "/" + path[3] {
	case "Body/username":
		c.username = strings.TrimSpace(text)
	case "Body/password":
		c.password = text
	case "Header/sessionId":
		c.sessionID = strings.TrimSpace(text)
	}
}
