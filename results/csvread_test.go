package results

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// readAll reads every attempt of text.
func readAll(text string) (list []Attempt, err error) {
	err = ReadCSV(strings.NewReader(text), func(a *Attempt) error {
		list = append(list, *a)
		return nil
	})
	return list, err
}

func TestCSVIsReadAsItWasWritten(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 1))
	var want []Attempt
	text := []byte(CSVHeader)
	for i := range int64(300) {
		a := random(rnd, i)
		text = CSV{Addresses: []string{`odd,"one"`, "b"}}.Append(text, a)
		a.Address = 0
		want = append(want, *a)
	}
	got, err := readAll(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attempts (-written +read):\n%s", diff)
	}
}

// Files of versions that had fewer columns, or will have more, are read.
func TestCSVOfOtherVersionsIsRead(t *testing.T) {
	line := string(CSV{}.Append(nil, established(time.Second, 20)))
	for name, text := range map[string]string{
		"later":   strings.TrimSpace(CSVHeader) + ",mood\n" + strings.TrimSpace(line) + ",good\n",
		"earlier": strings.TrimSuffix(CSVHeader, ",ready_ns,tls_lag_ns\n") + "\n" + strings.TrimSuffix(line, ",,\n") + "\n",
	} {
		if list, err := readAll(text); err != nil || len(list) != 1 || list[0].Ended != time.Second+20 {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
	}
}

func TestCSVMistakesAreTold(t *testing.T) {
	good := string(CSV{}.Append(nil, established(time.Second, 20)))
	for name, test := range map[string]struct{ text, want string }{
		"nothing":         {"", "EOF"},
		"another header":  {"a,b\n", "the first line is not that of attempts.csv"},
		"too few columns": {"n,intended_ns\n1,2\n", "the first line is not that of attempts.csv"},
		"no number":       {CSVHeader + good + strings.Replace(good, "1000000000", "soon", 1), `row 3: column 2: "soon" is no number`},
		"below zero":      {CSVHeader + "-1" + good[1:], `row 2: column 1: "-1" is no number`},
		"no outcome":      {CSVHeader + strings.Replace(good, "established", "happy", 1), `row 2: unknown outcome "happy"`},
		"no phase":        {CSVHeader + strings.Replace(good, "established,,", "established,,nap", 1), `row 2: unknown phase "nap"`},
		"half a row":      {CSVHeader + good[:len(good)-4], "wrong number of fields"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := readAll(test.text); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
	enough := errors.New("enough")
	if err := ReadCSV(strings.NewReader(CSVHeader+good+"broken"), func(*Attempt) error { return enough }); err != enough {
		t.Errorf("error %v, want that of each", err)
	}
}

// Whatever is read is written as it was read.
func FuzzReadCSV(f *testing.F) {
	f.Add(CSVHeader + string(CSV{}.Append(nil, established(time.Second, 20))))
	f.Add(CSVHeader + string(CSV{}.Append(nil, failed(1, 2, gatewayTimeout))))
	f.Fuzz(func(t *testing.T, text string) {
		list, _ := readAll(text)
		again := []byte(CSVHeader)
		for i := range list {
			again = CSV{}.Append(again, &list[i])
		}
		got, err := readAll(string(again))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(list, got); diff != "" {
			t.Errorf("(-read +read again):\n%s", diff)
		}
	})
}
