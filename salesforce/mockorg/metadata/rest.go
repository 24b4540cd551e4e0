package metadata

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// serveREST answers /services/data/v{version}/metadata/deployRequest[/{id}], the
// way of SF_ORG_METADATA_REST_DEPLOY (salesforce-package 3).
func (s *Service) serveREST(w http.ResponseWriter, r *http.Request) {
	status, result, err := s.answer(w, r)
	var refused *refusal
	if errors.As(err, &refused) {
		status, result = refused.status, []map[string]string{{"message": refused.message, "errorCode": refused.code}}
	} else if err != nil {
		status, result = http.StatusInternalServerError, []map[string]string{{"message": err.Error(), "errorCode": "UNKNOWN_EXCEPTION"}}
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(result) // the client is gone if this fails
}

func (s *Service) answer(w http.ResponseWriter, r *http.Request) (status int, result any, err error) {
	segments := strings.Split(strings.Trim(r.URL.Path, "/"), "/")[2:] // version, metadata, deployRequest, id
	major, ok := strings.CutSuffix(strings.TrimPrefix(segments[0], "v"), ".0")
	version, err := strconv.Atoi(major)
	if !ok || err != nil || version < minVersion || version > maxVersion || len(segments) < 3 || segments[2] != "deployRequest" {
		return 0, nil, &refusal{http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist"}
	}
	token := r.Header.Get("Authorization")
	if scheme, rest, found := strings.Cut(token, " "); found && (strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "OAuth")) {
		token = strings.TrimSpace(rest)
	}
	user, err := s.o.Session(token)
	if err != nil {
		return 0, nil, &refusal{http.StatusUnauthorized, "INVALID_SESSION_ID", err.Error()}
	}
	switch {
	case len(segments) == 3 && r.Method == http.MethodPost:
		return s.takeDeploy(w, r, user)
	case len(segments) == 4 && r.Method == http.MethodGet:
		found, err := job[*deployResult](s, segments[3])
		if err != nil {
			return 0, nil, err
		}
		return http.StatusOK, deployStatus{found.ID, found.withDetails(r.URL.Query().Get("includeDetails") == "true")}, nil
	}
	return 0, nil, &refusal{http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "HTTP Method '" + r.Method + "' not allowed here"}
}

// deployStatus is the reply to both requests.
type deployStatus struct {
	ID     string        `json:"id"`
	Result *deployResult `json:"deployResult"`
}

// takeDeploy reads the two parts of a request and carries the deploy out.
func (s *Service) takeDeploy(w http.ResponseWriter, r *http.Request, user User) (int, any, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	parts, err := r.MultipartReader()
	if err != nil {
		return 0, nil, &refusal{http.StatusBadRequest, "INVALID_MULTIPART_REQUEST", "The body has to be multipart/form-data"}
	}
	var content struct {
		DeployOptions struct {
			CheckOnly bool `json:"checkOnly"`
		} `json:"deployOptions"`
	}
	var archive []byte
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, nil, &refusal{http.StatusBadRequest, "INVALID_MULTIPART_REQUEST", "The body breaks off, or is larger than this org takes"}
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return 0, nil, &refusal{http.StatusBadRequest, "INVALID_MULTIPART_REQUEST", "The body breaks off, or is larger than this org takes"}
		}
		switch part.FormName() {
		case "file":
			archive = text
		case "entity_content", "json":
			if err := json.Unmarshal(text, &content); err != nil {
				return 0, nil, &refusal{http.StatusBadRequest, "JSON_PARSER_ERROR", "The deploy options are no JSON"}
			}
		}
	}
	if archive == nil {
		return 0, nil, &refusal{http.StatusBadRequest, "INVALID_MULTIPART_REQUEST", "The body lacks the part named file"}
	}
	id := s.deploy(user, archive, deployOptions{CheckOnly: content.DeployOptions.CheckOnly})
	found, err := job[*deployResult](s, id)
	if err != nil {
		return 0, nil, err
	}
	pending := found.withDetails(false)
	pending.Done, pending.Status, pending.Success = false, "Pending", false
	return http.StatusCreated, deployStatus{id, pending}, nil
}
