package webrtc

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"hecai/needtest"
	"hecai/stream"
	"hecai/stream/clip"
)

// page is the smallest WHIP publisher and WHEP viewer a browser runs.
const page = `<!doctype html><meta charset=utf-8><video id=v autoplay playsinline></video><script>
async function talk(url, pc) {
  await pc.setLocalDescription(await pc.createOffer());
  const res = await fetch(url, {method: "POST", headers: {"Content-Type": "application/sdp"}, body: pc.localDescription.sdp});
  const body = await res.text();
  if (res.status !== 201) throw new Error(res.status + " " + body);
  await pc.setRemoteDescription({type: "answer", sdp: body});
  return res.headers.get("Location");
}
async function view(url) {
  const pc = window.viewer = new RTCPeerConnection();
  for (const kind of ["video", "audio"]) pc.addTransceiver(kind, {direction: "recvonly"});
  const ms = new MediaStream();
  pc.ontrack = e => { ms.addTrack(e.track); v.srcObject = ms; };
  return talk(url, pc);
}
async function send(url, layers) {
  const pc = window.sender = new RTCPeerConnection();
  const ms = await navigator.mediaDevices.getUserMedia({video: {width: 640, height: 360}, audio: true});
  for (const t of ms.getTracks()) {
    const init = {direction: "sendonly", streams: [ms]};
    if (layers && t.kind === "video") init.sendEncodings = layers;
    pc.addTransceiver(t, init);
  }
  return talk(url, pc);
}
async function figures() {
  const out = {frames: 0, codec: "", audio: 0, energy: 0, frozen: 0, state: viewer.connectionState, lost: 0, pli: 0, width: v.videoWidth};
  const all = await viewer.getStats();
  for (const s of all.values()) if (s.type === "inbound-rtp") {
    if (s.kind === "video") {
      out.frames = s.framesDecoded; out.frozen = s.freezeCount; out.pli = s.pliCount; out.lost = s.packetsLost;
      out.codec = (all.get(s.codecId) || {}).mimeType || "";
      out.delay = Math.round(1000 * s.jitterBufferDelay / s.jitterBufferEmittedCount);
    } else { out.audio = s.packetsReceived; out.energy = s.totalAudioEnergy; }
  }
  return out;
}
</script>`

// figures is what the page's function of that name returns.
type figures struct {
	Frames, Audio, Frozen, Lost, PLI, Delay, Width float64
	Energy                                         float64
	Codec, State                                   string
}

// browser starts Chromium with a fake camera on a page of the relay's origin.
func browser(t *testing.T, r *rig) context.Context {
	t.Helper()
	var bin string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			bin = found
			break
		}
	}
	if bin == "" {
		needtest.Missing(t, "Chromium is not installed")
	}
	mux := http.NewServeMux()
	api := Handler(r.Server, func(*http.Request, string, string, string) (Guest, error) { return Guest{}, nil })
	mux.Handle("/whip/", api)
	mux.Handle("/whep/", api)
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(page)) })
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(bin), chromedp.NoSandbox,
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate(site.URL)); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// call runs a promise on the page.
func call[T any](t *testing.T, ctx context.Context, js string) T { //nolint:revive // t first, as everywhere
	t.Helper()
	limited, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	out, err := chromedp.Run(limited, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", js, err)
	}
	return out
}

// TestChromiumSeesEveryCut plays the programme in a real browser while it
// goes from clip to camera, to the browser's own camera, to the slate and back, and holds that pictures go on being decoded all the while.
func TestChromiumSeesEveryCut(t *testing.T) {
	r := newRelay(t, rigConfig{})
	for _, name := range []string{"clip", "camera", "web", "gone"} {
		r.AddCamera("final", name, name)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := r.PlayClip(ctx, "final", "clip", stream.ClipStage); err != nil {
		t.Fatal(err)
	}
	publish(t, r, "final", "camera", "one", clip.Slate)
	tab := browser(t, r)
	begun := time.Now()
	call[string](t, tab, `view("/whep/final")`)
	var f figures
	until(t, "first picture", 10*time.Second, func() bool {
		f = call[figures](t, tab, `figures()`)
		return f.Frames > 0
	})
	t.Logf("first picture decoded after %v", time.Since(begun).Round(time.Millisecond))
	call[string](t, tab, `send("/whip/final/web")`)
	until(t, "browser's camera", 10*time.Second, func() bool { return r.Cameras("final")[2].State == "live" })
	for _, cut := range []string{"camera", "web", "clip", "gone", "camera", "gone", "clip"} {
		if err := r.Switch("final", cut); err != nil {
			t.Fatal(err)
		}
		until(t, "cut to "+cut, 6*time.Second, func() bool { return !r.Programme("final").Waiting })
		f = call[figures](t, tab, `figures()`)
		was := f
		until(t, cut+" is decoded", 6*time.Second, func() bool {
			f = call[figures](t, tab, `figures()`)
			return f.Frames > was.Frames+3 && f.Audio > was.Audio+20
		})
		if f.Codec != "video/H264" {
			t.Errorf("%s is %s", cut, f.Codec)
		}
		t.Logf("%s: %+v", cut, f)
	}
	if f.Energy == 0 {
		t.Error("no sound was heard")
	}
	if f.State != "connected" {
		t.Errorf("viewer is %s", f.State)
	}
	for _, c := range r.Cameras("final") {
		t.Logf("%+v", c)
	}
}

// TestChromiumSendsSimulcast (case whip-simulcast): a browser that offers three
// layers is on air with one, and is seen.
func TestChromiumSendsSimulcast(t *testing.T) {
	r := newRelay(t, rigConfig{})
	r.AddCamera("final", "web", "网页")
	tab := browser(t, r)
	call[string](t, tab, `send("/whip/final/web", [{rid: "f"}, {rid: "h", scaleResolutionDownBy: 2}, {rid: "q", scaleResolutionDownBy: 4}])`)
	until(t, "browser's camera", 30*time.Second, func() bool { return r.Cameras("final")[0].State == "live" })
	call[string](t, tab, `view("/whep/final")`)
	var f figures
	until(t, "the camera is decoded", 30*time.Second, func() bool {
		f = call[figures](t, tab, `figures()`)
		return f.Frames > 5 && f.Audio > 5
	})
	if f.Width != 640 {
		t.Errorf("the picture is %v wide, want the first layer's 640: %+v", f.Width, f)
	}
}
