package httpd

import (
	"cmp"
	"net/http"

	"github.com/labstack/echo/v4"

	"hecai/office"
)

func (s *Server) getResults(c echo.Context) error {
	out, err := s.live.Results(c.Request().Context(), s.passerby(c), s.contestOf(c.Request()))
	if err != nil {
		return err
	}
	return ok(c, out)
}

func (s *Server) getResult(c echo.Context) error {
	out, err := s.live.Result(c.Request().Context(), s.passerby(c), s.show(c))
	if err != nil {
		return err
	}
	return ok(c, out)
}

// getResultFile is the report as a file that opens in Excel and WPS.
func (s *Server) getResultFile(c echo.Context) error {
	id, err := s.identify(c)
	if err != nil {
		return err
	}
	format := cmp.Or(c.QueryParam("format"), office.ReportXLSX)
	file, err := s.office.Report(c.Request().Context(), id, s.show(c), format)
	if err != nil {
		return err
	}
	kind := "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	if format == office.ReportCSV {
		kind = "text/csv; charset=utf-8"
	}
	private(c)
	return c.Blob(http.StatusOK, kind, file)
}
