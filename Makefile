.PHONY: build run test lint bench verify fuzz golden docs

build:
	CGO_ENABLED=0 go build -o stampede ./cmd/stampede
run:
	go run ./cmd/stampede run examples/quickstart.yaml
test:
	bash .ci/install
	go test -shuffle=on ./results/stats ./engine/ceiling
	go test -race -shuffle=on -p 1 -timeout 40m ./...
lint:
	bash .ci/lint
bench:
	go test -run '^$$' -bench . ./...
	go test -tags bench -run TestNumbers -v -count 1 -timeout 20m ./cmd/stampede
verify:
	go test -tags verify -run TestVerify -v -count 1 -timeout 4h -p 1 ./engine ./cmd/stampede
fuzz:
	bash .ci/fuzz 200000
golden:
	go test $$(git grep -l 'flag.Bool("update"' -- '*_test.go' | xargs -n 1 dirname | sort -u | sed 's|^|./|') -update
docs:
	go test ./scenario -run TestReference -update
	go test ./cmd/stampede -run TestInvestigation -update -count 1 -timeout 20m
