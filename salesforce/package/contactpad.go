// Package deploy holds what of the SFDX source in this directory the program
// itself needs: the console bridge, which the mock org's console runs just as a
// real console does. The rest is for the Salesforce CLI (README.md). It does
// nothing by itself.
package deploy

import _ "embed"

// Bridge is the console bridge, a plain script: the static resource
// OmnibridgeBridge. It must not be changed.
//
//go:embed contactpad/staticresources/OmnibridgeBridge.js
var Bridge []byte
