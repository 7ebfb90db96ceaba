package httpd

import (
	"errors"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/sheet"
	"hecai/stage/cue"
)

func (s *Server) getEntries(c echo.Context) error {
	if _, err := s.need(c, access.Administer); err != nil {
		return err
	}
	entries, err := s.cfg.Records.Entries(c.Request().Context())
	if err != nil {
		return err
	}
	return ok(c, entries)
}

// importReply is a preview, and whether it was applied.
type importReply struct {
	contest.ImportPreview
	Applied bool     `json:"applied"`
	Ignored []string `json:"ignored,omitempty"` // columns that were not read
}

// importRows previews rows against the entries of record and, when asked and
// nothing is wrong, applies them whole.
func (s *Server) importRows(c echo.Context, rows []contest.EntryRow, problems []contest.Problem, apply bool) (importReply, error) {
	ctx := c.Request().Context()
	existing, err := s.cfg.Records.Entries(ctx)
	if err != nil {
		return importReply{}, err
	}
	preview := contest.PlanImport(s.cfg.Plan, existing, rows)
	preview.Problems = append(problems, preview.Problems...)
	if preview.Problems == nil {
		preview.Problems = []contest.Problem{}
	}
	if !apply || len(preview.Problems) > 0 {
		return importReply{ImportPreview: preview}, nil
	}
	change := make([]contest.Entry, len(preview.Change))
	for i, ch := range preview.Change {
		change[i] = ch.Entry
	}
	if err := s.cfg.Records.ApplyImport(ctx, preview.Add, change); err != nil {
		return importReply{}, err
	}
	return importReply{ImportPreview: preview, Applied: true}, s.cfg.Shows.Reload(ctx)
}

func (s *Server) postEntries(c echo.Context) error {
	if _, err := s.need(c, access.Administer); err != nil {
		return err
	}
	in, err := read[struct {
		Rows []contest.EntryRow `json:"rows"`
	}](c)
	if err != nil {
		return err
	}
	for i := range in.Rows {
		in.Rows[i].Line = i + 1
	}
	reply, err := s.importRows(c, in.Rows, nil, true)
	if err != nil {
		return err
	}
	return ok(c, reply)
}

func (s *Server) postImport(c echo.Context) error {
	if _, err := s.need(c, access.Administer); err != nil {
		return err
	}
	header, err := c.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return fault.Wrap(fault.Invalid, "http.malformed", err, "want a multipart field named file")
	}
	if err != nil {
		return bodyFault(err)
	}
	file, err := header.Open()
	if err != nil {
		return err
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	table, problems := sheet.Read(data)
	reply, err := s.importRows(c, table.Rows, problems, c.QueryParam("apply") == "1")
	if err != nil {
		return err
	}
	reply.Ignored = table.Ignored
	return ok(c, reply)
}

func (s *Server) getTemplate(c echo.Context) error {
	if _, err := s.need(c, access.Administer); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	h.Set("Content-Disposition", `attachment; filename="entries.xlsx"`)
	private(c)
	return sheet.WriteTemplate(c.Response(), s.cfg.Plan)
}

// putRundown replaces the rundown of a show. Every mistake is named by path and
// nothing is changed then.
func (s *Server) putRundown(c echo.Context) error {
	who, err := s.need(c, access.Administer)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return bodyFault(err)
	}
	r, problems := cue.ParseRundown(body)
	if len(problems) > 0 {
		return fault.New(fault.Invalid, "rundown.mistakes", "%d", len(problems)).With("problems", problems)
	}
	show, err := s.show(c)
	if err != nil {
		return err
	}
	if err := show.ReplaceRundown(c.Request().Context(), who.Name, r); err != nil {
		return err
	}
	return s.getRundown(c)
}
