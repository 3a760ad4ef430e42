// Package ceiling searches for the largest load at which every goal of a
// scenario holds. Search is the search itself, without clock, socket or
// goroutine: Next says what to run, Feed takes what came of it, Answer says
// what is known.
//
// A server near its ceiling passes one trial and fails the next, and now and
// then something else spoils a trial. So single trials steer only while the
// bracket is wide, and later majorities of them do: the idea and the words are
// those of MLRsearch (RFC 9971), with a share of bad trials of one half as the
// line between a good load and a bad one.
//
//  1. Warm-up: one trial, discarded.
//  2. Coarse: one trial a load, twice the load each time until one is bad, then
//     halving the bracket, on a logarithmic scale, until it is 20 % wide.
//  3. Middle: the majority of 3 decides, until the bracket is 10 % wide.
//  4. Fine: the majority of 5 decides, until it is 5 % wide, or 2 % if connections
//     are held.
//  5. Posterior: the bracket is no interval; with noise of 8 % it holds the
//     ceiling less than half the time. What all trials say together is one
//     (stats.NewHalfPoint); trials are added near its middle until it is 10 %
//     wide, or 4 %.
//  6. Confirm: five trials from idle at the lower end of the interval. Four have
//     to be good, or the same is tried once more a width further down.
//  7. Short rest: if it is bursts, one more trial there, at once and with a
//     quarter of the gap between its bursts, and another if it was bad. The
//     answer is known by then; whether it holds only for bursts so far apart,
//     as behind a bucket of tokens, is not.
//
// Every result at a load counts in every later stage, and both ends of the
// bracket have to hold by the majority of the stage. If one does not, it
// becomes the other end, and the search steps outward by the stage's width,
// twice as far each time. While it steps, and while the bracket is wider than
// 20 % again, one trial a load decides again.
package ceiling
