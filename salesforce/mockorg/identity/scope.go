package identity

import (
	"slices"
	"strings"
)

// scope is a right that an app may ask for, and how people are asked about it.
type scope struct{ name, asks string }

// allScopes are those the org knows (salesforce-package 4), in the order in which
// people are asked.
var allScopes = []scope{
	{"openid", "Know who you are"},
	{"id", "Read your name, email address and phone number"},
	{"profile", "Read your name and profile"},
	{"email", "Read your email address"},
	{"address", "Read your postal address"},
	{"phone", "Read your phone number"},
	{"custom_permissions", "See what you may do in this app"},
	{"api", "Read and change your data through APIs"},
	{"web", "Use Salesforce pages as you"},
	{"lightning", "Use Lightning pages as you"},
	{"full", "Do everything that you may do"},
	{"refresh_token", "Keep you logged in until you end it"},
	{"offline_access", "Keep you logged in until you end it"},
}

func scopeNames() []string {
	all := make([]string, len(allScopes))
	for i, sc := range allScopes {
		all[i] = sc.name
	}
	return all
}

// asksFor puts scopes into words.
func asksFor(scopes []string) (words []string) {
	for _, sc := range allScopes {
		if slices.Contains(scopes, sc.name) && !slices.Contains(words, sc.asks) {
			words = append(words, sc.asks)
		}
	}
	return words
}

// wider lists the scopes of an app that include another one.
var wider = map[string][]string{
	"profile": {"id", "full"}, "email": {"id", "full"}, "address": {"id", "full"}, "phone": {"id", "full"},
	"refresh_token": {"offline_access"}, "offline_access": {"refresh_token"},
	"openid": {"full"}, "id": {"full"}, "custom_permissions": {"full"}, "api": {"full"}, "web": {"full"}, "lightning": {"full"},
}

// covers tells whether an app that has some scopes may be given another.
func covers(has []string, name string) bool {
	return slices.Contains(has, name) || slices.ContainsFunc(wider[name], func(w string) bool { return slices.Contains(has, w) })
}

// wanted reads the scopes of a request, each once. Without any it means all that
// the app has. ok is false if the app may not have one of them.
func (a App) wanted(text string) (scopes []string, ok bool) {
	for name := range strings.FieldsSeq(text) {
		if !covers(a.Scopes, name) {
			return nil, false
		}
		if !slices.Contains(scopes, name) {
			scopes = append(scopes, name)
		}
	}
	if scopes == nil {
		scopes = slices.Clone(a.Scopes)
	}
	return scopes, len(scopes) > 0
}

// lasting tells whether scopes include a refresh token.
func lasting(scopes []string) bool { return covers(scopes, "refresh_token") }
