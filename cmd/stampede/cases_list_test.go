package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	recordedReplies = "engine/handshake.TestReplies" // each reply of testdata/replies, cut at every byte by others
	repliesByRun    = "engine.TestRepliesLive"       // each through the engine's sockets
	repliesByProbe  = "engine/probe.TestRecordedReplies"
)

// cases are the reports that the tests answer, by id: P of handshakes that
// fail or are odd through a proxy, S of storms, T of load tools that get it
// wrong, H of replies, N of variants that nobody reported. Each names the tests that hold it: DIRECTORY.TEST, or
// TEST of this directory.
var cases = map[string][]string{
	"P03": {"TestCaseP03MeaningsOf503", recordedReplies},
	"P04": {"TestCaseP04UpgradeDropped", recordedReplies},
	"P05": {"TestCaseP05ClearTextToTLS", recordedReplies},
	"P06": {recordedReplies, repliesByRun, repliesByProbe},
	"P07": {"TestCaseP07OriginBehindRewrittenHost", recordedReplies},
	"P09": {"TestCaseP09WrongPath", recordedReplies},
	"P10": {"TestCaseP10Redirect", recordedReplies, repliesByProbe},
	"P12": {"TestCaseP12HeaderTooLarge", "TestLiveLongHeader", recordedReplies},
	"P14": {"TestCaseRelayedReplies", recordedReplies, repliesByProbe},
	"P16": {"TestCaseRelayedReplies", recordedReplies, repliesByProbe},
	"P19": {recordedReplies, repliesByRun, repliesByProbe},
	"P20": {"TestCaseP20ALPN", recordedReplies, repliesByProbe},
	"P21": {recordedReplies, repliesByRun, repliesByProbe},
	"P22": {recordedReplies, repliesByRun, repliesByProbe},
	"P23": {"TestCaseP23StickySessions", recordedReplies},
	"P24": {"TestCaseRelayedReplies", recordedReplies, repliesByRun},
	"P25": {"TestCaseP25LimitOfAnAddress", recordedReplies},
	"P26": {"TestCaseP26FullQueue", recordedReplies, repliesByRun},
	"P27": {"TestCaseP27NamesApart", recordedReplies},
	"P29": {"TestCaseP29ApacheRules"},
	"P31": {"TestCaseRelayedReplies"},

	"S01": {"TestCaseS01AcceptQueueOverflow", "TestLiveBacklogOverflow"},
	"S02": {"TestCaseS02ConnectedAtTheClientOnly"},
	"S03": {"TestCaseS03WorkerConnections"},
	"S07": {"TestCaseS07QueueOfTunnels"},
	"S09": {"TestCaseS09OutOfDescriptors"},
	"S11": {"TestCaseS11SessionsResumed"},
	"S12": {"TestCaseS12WorkOnTheEventLoop", "TestLiveStalledEventLoop"},
	"S13": {"TestCaseS13WavesOfReconnects"},
	"S14": {"TestCaseS14ConnectionTableFull"},
	"S15": {"TestLiveIdleTimeoutOfProxy"},
	"S17": {"TestCaseS17EarlyCloseFails", "TestLiveClosedRightAfterOpen", recordedReplies},
	"S18": {"TestCaseS18TimeoutNearTheAnswer"},
	"S20": {"TestCaseS20PacketsLost", "results.TestExplainSYNsSentAgain", "results.TestExplainRequestsSentAgain"},
	"S21": {"TestCaseS21FirewallRejects", "results.TestExplainConnectsRefused"},
	"S22": {"TestCaseS22NoPlaceLeft", "results.TestExplainUnanswered"},
	"S23": {"TestCaseS23WhoseTimer", "results.TestExplainWhoseTimer"},
	"S24": {"TestCaseS24Restart", "results.TestExplainWhatHappened"},
	"S25": {"results.TestExplainClosedWhileHeld"},
	"S26": {"results.TestExplainWhenSlow"},

	"T03": {"TestCaseT03SourceAddressOfTwoTargets"},
	"T04": {"TestCaseT04FiveOutcomesInOneRun"},
	"T05": {"TestCaseT05TimeoutsStay", "results.TestT05TimeoutsStay"},
	"T06": {"TestCaseT06NothingEndsAfterTheLimit"},
	"T07": {"results.TestT07KnownDelays", "results.TestT07P99BelowMax", "engine.TestTwoHundredDelays"},
	"T08": {"results.TestT08SmallSamples"},
	"T09": {"results.TestT09NoAveragedPercentiles", "results.TestT09RefusesSummaries"},
	"T11": {"TestCaseT11ServerStandsStill", "engine.TestFrozenServer"},
	"T12": {"TestCaseT12RateIsKept", "TestLiveStarved"},
	"T13": {"TestCaseT13NoDataIsNoPass", "results.TestT13NoDataNeverPasses"},
	"T14": {"TestCaseT14NothingEstablished"},
	"T15": {"TestCaseT15RunsEnd"},
	"T16": {"TestCaseT16ReaderLeaves", "TestScripts"},
	"T17": {"TestCaseT17Families", "TestLiveLocalhost"},
	"T18": {"TestCaseT18NamesWithoutAddress", "TestLiveLocalhost"},
	"T19": {"TestCaseT19SelfSignedCertificate"},
	"T23": {"TestCaseT23EndOfReadingDecides"},

	"H01": {recordedReplies, repliesByRun},
	"H02": {recordedReplies, repliesByRun},
	"H04": {"TestCaseRelayedReplies", recordedReplies, repliesByRun},
	"H05": {"TestCaseRelayedReplies", recordedReplies, repliesByRun},
	"H07": {"TestCaseRelayedReplies", recordedReplies, repliesByRun},
	"H10": {recordedReplies, repliesByRun, "engine.TestLatencyRunsToTheEndOfTheHead"},
	"H11": {recordedReplies, repliesByRun},
	"H12": {recordedReplies, "engine.TestFramesBehindTheHead"},
	"H13": {recordedReplies, "engine.TestFramesBehindTheHead"},
	"H15": {"TestCaseRelayedReplies", recordedReplies, repliesByRun},
	"H16": {recordedReplies, repliesByRun},
	"H17": {recordedReplies, repliesByRun},
	"H18": {recordedReplies, repliesByRun},
	"H20": {recordedReplies, repliesByRun, repliesByProbe},
	"H22": {recordedReplies, repliesByRun},

	"N01": {recordedReplies, repliesByRun, repliesByProbe},
	"N02": {recordedReplies, repliesByRun, repliesByProbe},
	"N03": {recordedReplies, repliesByRun, repliesByProbe},
	"N04": {recordedReplies, repliesByRun, repliesByProbe},
	"N05": {recordedReplies, repliesByRun, repliesByProbe},
	"N06": {recordedReplies, repliesByRun, repliesByProbe},
	"N07": {recordedReplies, repliesByRun, repliesByProbe},
	"N08": {recordedReplies, repliesByRun, repliesByProbe},
	"N09": {recordedReplies, repliesByRun, repliesByProbe},
	"N10": {recordedReplies, repliesByRun, repliesByProbe},
	"N11": {recordedReplies, repliesByRun, repliesByProbe},
	"N12": {recordedReplies, repliesByRun, repliesByProbe},
	"N13": {recordedReplies, repliesByRun, repliesByProbe},
	"N14": {recordedReplies, repliesByRun, repliesByProbe},
	"N15": {recordedReplies, repliesByRun, repliesByProbe},
	"N16": {recordedReplies, repliesByRun, repliesByProbe},
	"N17": {recordedReplies, repliesByRun, repliesByProbe},
	"N18": {recordedReplies, repliesByRun, repliesByProbe},
	"N19": {recordedReplies, repliesByRun, repliesByProbe},
	"N20": {recordedReplies, repliesByRun, repliesByProbe},
	"N21": {recordedReplies, repliesByRun, repliesByProbe},
	"N22": {recordedReplies, repliesByRun, repliesByProbe},
	"N23": {recordedReplies, repliesByRun, repliesByProbe},
	"N24": {recordedReplies, repliesByRun, repliesByProbe},
	"N25": {recordedReplies, repliesByRun, repliesByProbe},
	"N26": {recordedReplies, repliesByRun, repliesByProbe},
	"N27": {recordedReplies, repliesByRun, repliesByProbe},
}

// ofCase is a test that bears its case's id, in whatever package.
var ofCase = regexp.MustCompile(`^Test(?:Case)?([PSTHN]\d\d)[A-Z]`)

// caseRow is a row of docs/cases.md.
var caseRow = regexp.MustCompile(`(?m)^\| ([PSTHN]\d\d) \|`)

// TestCasesHaveTests holds the list to the tree: what it names exists, what
// bears an id is in it, and docs/cases.md has a row for each.
func TestCasesHaveTests(t *testing.T) {
	tests := testsOf(t, "cmd/stampede", "engine", "engine/handshake", "engine/probe", "results")
	for id, names := range cases {
		for _, name := range names {
			if full := fullName(name); !tests[full] {
				t.Errorf("%s: there is no test %s", id, full)
			}
		}
		if slices.Contains(names, recordedReplies) && len(repliesOf(t, id)) == 0 && id != "S17" { // S17 has those of H12
			t.Errorf("%s: no reply of it is recorded", id)
		}
	}
	for full := range tests {
		name := full[strings.LastIndex(full, ".")+1:]
		if m := ofCase.FindStringSubmatch(name); m != nil && !slices.ContainsFunc(cases[m[1]], func(n string) bool { return fullName(n) == full }) {
			t.Errorf("%s is not in the list of %s", full, m[1])
		}
	}
	text, err := os.ReadFile("../../docs/cases.md")
	if err != nil {
		t.Fatal(err)
	}
	var described []string
	for _, m := range caseRow.FindAllStringSubmatch(string(text), -1) {
		described = append(described, m[1])
	}
	slices.Sort(described)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(cases)), described); diff != "" {
		t.Errorf("docs/cases.md (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"P": 21, "S": 19, "T": 17, "H": 15, "N": 27}, kinds()); diff != "" {
		t.Errorf("cases by kind (-want +got):\n%s", diff)
	}
}

func fullName(name string) string {
	if strings.Contains(name, ".") {
		return name
	}
	return "cmd/stampede." + name
}

// kinds counts the cases by the letter of their id.
func kinds() map[string]int {
	count := map[string]int{}
	for id := range cases {
		count[id[:1]]++
	}
	return count
}

func repliesOf(t *testing.T, id string) []string {
	t.Helper()
	files, err := filepath.Glob("../../engine/handshake/testdata/replies/" + id + "*.http")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// testsOf are the top-level tests of directories, as DIRECTORY.TEST, whatever
// system their files are for.
func testsOf(t *testing.T, directories ...string) map[string]bool {
	t.Helper()
	tests := map[string]bool{}
	for _, d := range directories {
		files, err := filepath.Glob(filepath.Join("../..", d, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, declared := range parsed.Decls {
				if f, ok := declared.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
					tests[d+"."+f.Name.Name] = true
				}
			}
		}
	}
	return tests
}
