package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stampede/results"
)

const deflate = "permessage-deflate"

var deflateParams = []string{"client_max_window_bits", "server_max_window_bits", "client_no_context_takeover", "server_no_context_takeover"}

// extensions checks what is offered as Sec-WebSocket-Extensions. An entry is
// an extension and its parameters, as browsers send them:
// permessage-deflate; client_max_window_bits (RFC 7692 §7.1).
func (c *checker) extensions(offers []string) {
	if len(offers) > maxList {
		c.add("target.extensions", "", "%d offers are more than %d", len(offers), maxList)
	}
	for i, offer := range offers {
		path := fmt.Sprintf("target.extensions[%d]", i)
		name, params, _ := strings.Cut(offer, ";")
		switch {
		case !c.sound(path):
		case strings.TrimSpace(name) != deflate:
			c.add(path, "write "+deflate, "%q is no extension that can be offered", offer)
		case slices.Contains(offers[:i], offer):
			c.add(path, "", "the offer is there twice")
		case strings.Contains(offer, ";"):
			c.deflateParams(path, strings.Split(params, ";"))
		}
	}
}

// deflateParams checks the parameters of one offer.
func (c *checker) deflateParams(path string, params []string) {
	seen := map[string]bool{}
	for _, param := range params {
		name, value, valued := strings.Cut(strings.Trim(param, " "), "=")
		switch {
		case !slices.Contains(deflateParams, name):
			hint := "known are " + strings.Join(deflateParams, ", ")
			if near := results.Nearest(name, deflateParams); near != "" {
				hint = "did you mean " + near + "?"
			}
			c.add(path, hint, "%q is no parameter of %s (RFC 7692 §7.1)", name, deflate)
		case seen[name]:
			c.add(path, "", "%s is there twice (RFC 7692 §7.1)", name)
		case !goodParam(name, value, valued):
			c.add(path, "", "%s has no value it can have (RFC 7692 §7.1)", name)
		}
		seen[name] = true
	}
}

// goodParam allows window bits of 8 to 15, which a client may leave out for
// its own (§7.1.2.2), and no value elsewhere.
func goodParam(name, value string, valued bool) bool {
	if !strings.HasSuffix(name, "_bits") {
		return !valued
	}
	if !valued {
		return name == "client_max_window_bits"
	}
	n, err := strconv.Atoi(value)
	return err == nil && 8 <= n && n <= 15 && strconv.Itoa(n) == value
}
