package scenario

// unsupported are the features a scenario may ask for that no engine carries
// out yet. An entry is taken out as the engine learns it.
var unsupported = []struct {
	feature string
	used    func(s *Scenario) bool
}{
	{"ready.expect with target.extensions", func(s *Scenario) bool { return s.Ready.Expect != "" && len(s.Target.Extensions) > 0 }},
}

// Unsupported lists what a valid scenario asks for and no engine carries out
// yet, in a fixed order; nil if there is nothing. Such a scenario must not be
// run as if the keys were not there.
func (s *Scenario) Unsupported() []string {
	var features []string
	for _, u := range unsupported {
		if u.used(s) {
			features = append(features, u.feature)
		}
	}
	return features
}
