package identity

import "errors"

// SetApp tells the service about an app while it runs: a new one, or another
// version of one it has. Sessions go on as they are.
func (s *Service) SetApp(app App) error {
	if app.ClientID == "" {
		return errors.New("identity: set app: the client id is empty")
	}
	s.appsMu.Lock()
	defer s.appsMu.Unlock()
	s.apps[app.ClientID] = app.withDefaults()
	return nil
}

// app finds an app by its client id.
func (s *Service) app(clientID string) (App, bool) {
	s.appsMu.RLock()
	defer s.appsMu.RUnlock()
	app, ok := s.apps[clientID]
	return app, ok
}
