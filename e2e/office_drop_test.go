package e2e

import (
	"testing"
	"time"
)

// TestOfficeTakesMistakesAway removes, by holding the key, what was made by mistake:
// a ballot and a camera on which nothing counts; and what something counts on says
// what holds it.
func TestOfficeTakesMistakesAway(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 3, 1, nil)
	for _, id := range []string{"slip", "planned", "voted"} {
		v.org.Do("POST", "/v1/admin/ballots", object{"id": id, "title": "示例" + id, "session": "final", "entries": v.entries,
			"visibility": "count", "quota": object{"window": "ballot", "max": 1}}, nil)
	}
	v.org.Refused("file.unknown_field", "POST", "/v1/admin/ballots", object{"id": "odd", "title": "示例", "entries": v.entries, "visibility": "count", "quota": object{"maximum": 1}})
	v.org.Do("POST", "/v1/admin/ballots/voted/open", object{"seconds": 0}, nil)
	v.phone().Do("POST", "/v1/votes", object{"ballot": "voted", "rev": 1, "choice": v.entries[:1]}, nil)
	v.org.Do("POST", "/v1/admin/ballots/voted/close", object{}, nil)
	for _, name := range []string{"main", "slip"} {
		v.org.Do("POST", "/v1/admin/cameras", object{"session": "final", "name": name, "label": "示例" + name}, nil)
	}
	v.plan(cue("vote", false, act("ballot_open", "ballot", "planned", "seconds", 600), act("camera", "camera", "main")))
	var link struct{ Token string }
	v.org.Do("POST", "/v1/admin/links", object{"role": "broadcaster", "name": "slip", "session": "final"}, &link)

	o := v.adminAt(b, 1440, 900)
	o.tab("ballots")
	o.WaitFor("the ballots", `document.querySelectorAll('[data-ballot]').length === 3`, 20*time.Second)
	if get[bool](o.Page, `!!document.querySelector('[data-ballot=voted] [data-act=drop]')`) {
		t.Error("a ballot with votes offers to be removed")
	}
	v.org.Refused("ballot.has_votes", "DELETE", "/v1/admin/ballots/voted", nil)
	o.Hold("[data-ballot=planned] [data-act=drop]", time.Second)
	o.WaitToast("请先改流程单")
	o.Hold("[data-ballot=slip] [data-act=drop]", time.Second)
	o.WaitFor("the others", `document.querySelectorAll('[data-ballot]').length === 2 && !document.querySelector('[data-ballot=slip]')`, 20*time.Second)
	v.client().Refused("vote.unknown_ballot", "GET", "/v1/ballots/slip", nil)
	v.org.Refused("ballot.planned", "DELETE", "/v1/admin/ballots/planned", nil)

	o.tab("cameras")
	o.WaitFor("the cameras", `document.querySelectorAll('[data-camera]').length === 2`, 20*time.Second)
	get[bool](o.Page, "(toasts = [], true)") // the same words again
	o.Hold("[data-drop=main]", time.Second)
	o.WaitToast("请先改流程单")
	v.org.Refused("stream.camera_planned", "DELETE", "/v1/admin/cameras/final/main", nil)
	o.Hold("[data-drop=slip]", time.Second)
	o.WaitFor("the other camera", `document.querySelectorAll('[data-camera]').length === 1`, 20*time.Second)
	v.client().withLink(link.Token).Refused("access.link_revoked", "GET", "/v1/me", nil)

	// It may be made again, as what it was meant to be.
	v.org.Do("POST", "/v1/admin/ballots", object{"id": "slip", "title": "示例", "session": "final", "entries": v.entries,
		"visibility": "live", "quota": object{"window": "ballot", "max": 2}}, nil)
}
