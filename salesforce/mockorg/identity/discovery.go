package identity

import "net/http"

// discovery is GET /.well-known/openid-configuration of a My Domain. It lists
// what a real org's lists, though not all of it is served here: registration and
// the implicit response types are not.
func (s *Service) discovery(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "use GET", http.StatusMethodNotAllowed)
		return
	}
	base := s.o.BaseURL()
	oauth := base + "/services/oauth2/"
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                base,
		"authorization_endpoint":                oauth + "authorize",
		"token_endpoint":                        oauth + "token",
		"revocation_endpoint":                   oauth + "revoke",
		"introspection_endpoint":                oauth + "introspect",
		"userinfo_endpoint":                     oauth + "userinfo",
		"registration_endpoint":                 oauth + "register",
		"jwks_uri":                              base + "/id/keys",
		"end_session_endpoint":                  base + "/services/auth/idp/oidc/logout",
		"scopes_supported":                      scopeNames(),
		"response_types_supported":              []string{"code", "token", "token id_token"},
		"grant_types_supported":                 []string{"authorization_code", "refresh_token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"display_values_supported":              []string{"page", "popup", "touch"},
		"code_challenge_methods_supported":      []string{"S256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic"},
		"claims_supported": []string{"active", "address", "email", "email_verified", "family_name", "given_name", "is_app_installed",
			"language", "locale", "name", "nickname", "organization_id", "photos", "picture", "preferred_username", "profile", "sub",
			"updated_at", "urls", "user_id", "user_type", "utcOffset", "zoneinfo"},
		"frontchannel_logout_supported":         true,
		"frontchannel_logout_session_supported": false,
	})
}
