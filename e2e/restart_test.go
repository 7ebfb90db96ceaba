package e2e

import (
	"testing"
	"time"
)

// TestKilledUnderThePages kills the server in the middle of a vote, under pages
// that are open: they say so, come back by themselves when it does, and show
// what stood. The vote that was confirmed still is, and may be changed.
func TestKilledUnderThePages(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	n := newNode(t, "demo", "--phones", "0", "--data", t.TempDir())
	desk := b.Open("director", n.address("director"), 1440, 900)
	screen := b.Open("screen", n.address("screen/main"), 1920, 1080)
	phone := b.Open("phone", n.address("live/final"), 390, 844)
	desk.goTo("open")
	desk.advance()
	phone.WaitFor("the cards", `document.querySelectorAll('.card[data-entry]:not(:disabled)').length === 36`, 10*time.Second)
	phone.Click(".cards li:nth-child(1) .card")
	phone.Click("#confirm")
	phone.WaitFor("a receipt", `document.querySelector('[data-vote-state="done"]')`, 5*time.Second)
	const first = `(document.querySelector('[data-board-row][data-votes="1"]') || {dataset: {}}).dataset.entry || ''`
	screen.WaitFor("one vote", first+" !== ''", 5*time.Second)
	entry := get[string](screen, first)

	n.Kill()
	phone.WaitFor("word of the loss", `document.querySelector('.lost')`, 10*time.Second)
	n.args = n.args[3:] // the same record, served as after any crash
	n.Start()

	phone.WaitFor("the connection again", `!document.querySelector('.lost')`, 30*time.Second)
	phone.WaitFor("the vote as it was", `document.querySelector('[data-vote-state="done"]') && document.querySelectorAll('.card.on').length === 1`, 10*time.Second)
	screen.WaitFor("the scene and the vote as they were", `document.querySelector('[data-scene="vote"]') && `+first+` === '`+entry+`'`, 30*time.Second)
	phone.Click(".cards li:nth-child(2) .card")
	phone.Click("#confirm")
	phone.WaitFor("a new receipt", `document.querySelector('[data-vote-state="done"]')`, 10*time.Second)
	screen.WaitFor("two bars", `document.querySelectorAll('[data-board-row][data-votes="1"]').length === 2`, 10*time.Second)
	desk.WaitFor("the desk again", `document.querySelector('#fire') && document.querySelector('#fire').dataset.cue === 'close'`, 30*time.Second)
	desk.WaitFor("the camera slots", `document.querySelectorAll('[data-camera]').length === 3`, 5*time.Second)
}
