package contactpad

import (
	"html/template"
	"net/http"
)

// The window that logs in shows one page of ours: what came of it. Its policy
// allows no script or style inside it.
var (
	windowPage = template.Must(template.New("window").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{.Title}} - ContactPad</title>
<link rel="stylesheet" href="/pad/window.css">
{{if .Close}}<script src="/pad/window.js" defer></script>
{{end}}</head>
<body>
<main>
<h1>{{.Title}}</h1>
<p>{{.Text}}</p>
</main>
</body>
</html>
`))
	windowScript = newAsset("window.js", []byte("window.close();\n"))
	windowStyle  = newAsset("window.css", []byte(`:root { color-scheme: light dark; }
body {
  margin: 0; padding: 1.5rem; min-height: 100vh; box-sizing: border-box;
  font: 0.875rem/1.5 system-ui, sans-serif; color: light-dark(#181818, #e5e5e5); background: light-dark(#f3f3f3, #181818);
}
main {
  max-width: 26rem; margin: 10vh auto 0; padding: 1rem 1.25rem;
  border: 1px solid light-dark(#c9c9c9, #444444); border-radius: 4px; background: light-dark(#ffffff, #242424);
}
h1 { margin: 0 0 0.5rem; font-size: 1.125rem; line-height: 1.3; }
p { margin: 0; }
`))
)

// say shows the window's page. After a success the window closes itself.
func (s *Server) say(w http.ResponseWriter, status int, title, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	err := windowPage.Execute(w, struct {
		Title, Text string
		Close       bool
	}{title, text, status == http.StatusOK})
	if err != nil {
		s.log.Debug("login window not told", "err", err)
	}
}
