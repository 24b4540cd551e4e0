package identity

import (
	"cmp"
	"slices"
	"time"
)

// claims are what user information tells, and an ID token too if the app wants
// it so (salesforce-package 4). sub is not among them.
func (s *Service) claims(u User, scopes []string, app App) map[string]any {
	photos := s.photos(u.ID)
	c := map[string]any{
		"user_id": u.ID, "organization_id": s.o.OrgID,
		"preferred_username": u.Username, "nickname": u.Username, "name": u.name(),
		"given_name": u.FirstName, "family_name": u.LastName,
		"email": u.Email, "email_verified": true,
		"zoneinfo": u.zone(), "locale": u.locale(), "language": u.language(), "utcOffset": u.offset(),
		"photos": photos, "picture": photos["picture"], "address": map[string]any{},
		"user_type": "STANDARD", "active": u.Active, "is_app_installed": true, "is_salesforce_integration_user": false,
		"updated_at": stamp(u.Changed),
		"profile":    s.o.BaseURL() + "/" + u.ID, "urls": s.urls(u.ID),
	}
	if had := customPermissions(u, scopes, app); had != nil {
		c["custom_permissions"] = had
	}
	return c
}

// customPermissions are those of the app that the user has; nil where they were
// not asked for.
func customPermissions(u User, scopes []string, app App) map[string]bool {
	if app.CustomPermissions == nil || !slices.Contains(scopes, "custom_permissions") {
		return nil
	}
	if had := app.CustomPermissions(u.Username); had != nil {
		return had
	}
	return map[string]bool{}
}

func (s *Service) photos(userID string) map[string]string {
	at := s.o.BaseURL() + "/profilephoto/" + userID
	return map[string]string{"picture": at + "/F", "thumbnail": at + "/T"}
}

func (u User) zone() string     { return cmp.Or(u.TimeZone, "GMT") }
func (u User) locale() string   { return cmp.Or(u.Locale, "en_US") }
func (u User) language() string { return cmp.Or(u.Language, "en_US") }

// offset is the user's time zone in milliseconds east of GMT, summer time left
// aside; 0 for a zone that this machine does not know.
func (u User) offset() int {
	zone, err := time.LoadLocation(u.zone())
	if err != nil {
		return 0
	}
	_, january := time.Date(2026, 1, 1, 0, 0, 0, 0, zone).Zone()
	_, july := time.Date(2026, 7, 1, 0, 0, 0, 0, zone).Zone()
	return min(january, july) * 1000
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
