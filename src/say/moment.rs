//! Times as people read them, in UTC: one form for every channel.

use jiff::Timestamp;

/// A moment to the minute, like `Sat 21 Nov 2026, 09:05 UTC`.
#[must_use]
pub fn utc(at: Timestamp) -> String {
    at.strftime("%a %-d %b %Y, %H:%M UTC").to_string()
}

/// A span as a rough guess, like `about 25 minutes`; nothing for less than a second.
#[must_use]
pub fn about(seconds: i64) -> Option<String> {
    let of = |n: i64, unit: &str| Some(format!("about {n} {unit}{}", if n == 1 { "" } else { "s" }));
    match seconds {
        ..1 => None,
        1..90 => of(seconds, "second"),
        90..5400 => of((seconds + 30) / 60, "minute"),
        _ => of((seconds + 1800) / 3600, "hour"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_names_its_day_and_its_zone() {
        let at: Timestamp = "2026-11-01T09:05:59Z".parse().unwrap();
        assert_eq!(utc(at), "Sun 1 Nov 2026, 09:05 UTC");
    }

    #[test]
    fn a_span_is_told_in_the_unit_people_would_use() {
        let told = |seconds| about(seconds).unwrap_or_default();
        assert_eq!(told(0), "");
        assert_eq!(told(1), "about 1 second");
        assert_eq!(told(95), "about 2 minutes");
        assert_eq!(told(5400), "about 2 hours");
    }
}
