package contest

import "time"

// Date is a calendar day in ISO form, "2024-08-26". It has no time zone; the
// plan's zone applies.
type Date string

const dateForm = "2006-01-02"

// Valid reports whether d is a real day in ISO form.
func (d Date) Valid() bool {
	_, err := time.Parse(dateForm, string(d))
	return err == nil
}

// Time returns midnight of d in the zone; the zero time for an invalid date.
func (d Date) Time(zone *time.Location) time.Time {
	t, err := time.ParseInLocation(dateForm, string(d), zone)
	if err != nil {
		return time.Time{}
	}
	return t
}

// Weekday computes the day of the week. The weekday is never taken from input.
// An invalid date gives -1.
func (d Date) Weekday() time.Weekday {
	t, err := time.Parse(dateForm, string(d))
	if err != nil {
		return -1
	}
	return t.Weekday()
}

// WeekdayZh returns the weekday in Chinese, "星期五"; "" for an invalid date.
func (d Date) WeekdayZh() string {
	names := [...]string{"星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"}
	if w := d.Weekday(); w >= 0 {
		return names[w]
	}
	return ""
}

// DaysUntil returns how many days e is after d; both must be valid.
func (d Date) DaysUntil(e Date) int {
	return int(e.Time(time.UTC).Sub(d.Time(time.UTC)) / (24 * time.Hour))
}

// AddDays returns the day that is so many days later; an invalid date stays as it is.
func (d Date) AddDays(days int) Date {
	t, err := time.Parse(dateForm, string(d))
	if err != nil {
		return d
	}
	return Date(t.AddDate(0, 0, days).Format(dateForm))
}
