package webrtc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"hecai/stream/codec"
	"net"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// door is the two faces of pion for shows of one codec: cameras get repair
// requests, reports and bandwidth feedback; viewers get no interceptor at all, for
// the legs answer repair requests and send reports themselves. What a show has
// not is not negotiated.
type door struct {
	in, out *webrtc.API
}

// door is the one of shows whose pictures are c.
func (s *Server) door(c codec.Codec) *door {
	if c.IsH264() {
		return s.h264
	}
	return s.vp8
}

func (s *Server) buildDoors() (err error) {
	engine, err := s.settings()
	if err != nil {
		return err
	}
	if s.h264, err = newDoor(engine, codec.H264Base); err != nil {
		return err
	}
	s.vp8, err = newDoor(engine, codec.VP8)
	return err
}

func newDoor(engine webrtc.SettingEngine, c codec.Codec) (*door, error) {
	feedback := []webrtc.RTCPFeedback{
		{Type: "ccm", Parameter: "fir"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"},
	}
	d, media := &door{}, &webrtc.MediaEngine{}
	if err := register(media, c, feedback); err != nil {
		return nil, err
	}
	d.out = webrtc.NewAPI(webrtc.WithSettingEngine(engine), webrtc.WithMediaEngine(media),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))

	media, registry := &webrtc.MediaEngine{}, &interceptor.Registry{}
	if err := register(media, c, append(feedback, webrtc.RTCPFeedback{Type: "transport-cc"})); err != nil {
		return nil, err
	}
	if err := intake(media, registry); err != nil {
		return nil, fmt.Errorf("set up camera intake: %w", err)
	}
	d.in = webrtc.NewAPI(webrtc.WithSettingEngine(engine), webrtc.WithMediaEngine(media),
		webrtc.WithInterceptorRegistry(registry))
	return d, nil
}

// intake adds what a camera's connection needs.
func intake(media *webrtc.MediaEngine, registry *interceptor.Registry) error {
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		for _, uri := range []string{sdp.SDESMidURI, sdp.TransportCCURI} {
			if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, kind); err != nil {
				return err
			}
		}
	}
	asks, err := nack.NewGeneratorInterceptor()
	if err != nil {
		return err
	}
	reports, err := report.NewReceiverInterceptor()
	if err != nil {
		return err
	}
	bandwidth, err := twcc.NewSenderInterceptor()
	if err != nil {
		return err
	}
	registry.Add(asks)
	registry.Add(reports)
	registry.Add(bandwidth)
	return nil
}

// settings is what both faces share: the one port, ICE-lite (the peer's checks
// drive), the cheaper AES-128 first, and half a second less of handshake.
func (s *Server) settings() (webrtc.SettingEngine, error) {
	var e webrtc.SettingEngine
	e.LoggerFactory = iceLog{s.log}
	e.SetICEUDPMux(s.ports.mux)
	e.SetICETCPMux(s.ports.tcp)
	e.SetNetworkTypes([]webrtc.NetworkType{
		webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6,
	})
	e.DisableActiveTCP(true)
	e.SetLite(true)
	e.SetIncludeLoopbackCandidate(len(s.cfg.Public) == 0)
	serve := map[string]bool{}
	for _, a := range s.ports.mux.GetListenAddresses() {
		serve[a.(*net.UDPAddr).IP.String()] = true
	}
	e.SetIPFilter(func(ip net.IP) bool { return serve[ip.String()] })
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetICETimeouts(5*time.Second, 10*time.Second, 2*time.Second)
	e.SetDTLSInsecureSkipHelloVerify(true) // ICE has proved the return path
	e.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	e.SetSRTPReplayProtectionWindow(512)
	if err := e.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil {
		return e, fmt.Errorf("set DTLS role: %w", err)
	}
	if len(s.cfg.Public) > 0 {
		err := e.SetICEAddressRewriteRules(webrtc.ICEAddressRewriteRule{
			External: s.cfg.Public, AsCandidateType: webrtc.ICECandidateTypeHost,
			Mode: webrtc.ICEAddressRewriteAppend, // every socket must keep a candidate of its own
		})
		if err != nil {
			return e, fmt.Errorf("tell public addresses %v: %w", s.cfg.Public, err)
		}
	}
	return e, nil
}

// certificate is shared by all connections and renewed before it runs out.
type certificate struct {
	mu   sync.Mutex
	cert *webrtc.Certificate
}

func (c *certificate) get(now time.Time) (webrtc.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cert == nil || c.cert.Expires().Before(now.Add(7*24*time.Hour)) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return webrtc.Certificate{}, fmt.Errorf("make DTLS key: %w", err)
		}
		cert, err := webrtc.GenerateCertificate(key)
		if err != nil {
			return webrtc.Certificate{}, fmt.Errorf("make DTLS certificate: %w", err)
		}
		c.cert = cert
	}
	return *c.cert, nil
}
