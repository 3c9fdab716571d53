//! Whether our clock agrees with others': AWS refuses signatures, and we refuse
//! Slack's, that are more than five minutes old.

use jiff::{SignedDuration, Timestamp};
use reqwest::header::DATE;

use super::finding::Finding;
use super::surroundings::Surroundings;

const CHECK: &str = "clock";
/// More than this is not the network.
const TOLERATED: SignedDuration = SignedDuration::from_secs(30);

pub(super) async fn check(place: &Surroundings<'_>) -> Vec<Finding> {
    let url = match (&place.config.slack, place.own.region()) {
        (Some(slack), _) => slack.api_url.to_string(),
        (None, Some(region)) => sts(region),
        (None, None) => sts("us-east-1"),
    };
    let asked = Timestamp::now();
    let answer = place.http.get(&url).send().await;
    let date = answer.ok().and_then(|answer| answer.headers().get(DATE)?.to_str().ok().map(str::to_owned));
    vec![judge(date.as_deref(), asked, Timestamp::now())]
}

/// Any answer has the time, a refusal too. Where the SDK is told of another address, this asks there as well.
fn sts(region: &str) -> String {
    let told = ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"].into_iter().find_map(|name| std::env::var(name).ok());
    told.unwrap_or_else(|| format!("https://sts.{region}.amazonaws.com/"))
}

fn judge(date: Option<&str>, asked: Timestamp, answered: Timestamp) -> Finding {
    let there = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()).map(|date| date.timestamp());
    let Some(there) = there else {
        return Finding::unseen(CHECK, "nobody told the time", "look at the network, then run this again");
    };
    // The answer was written between the two; a second is what the header leaves out.
    let behind = there.duration_since(answered);
    let ahead = asked.duration_since(there) - SignedDuration::from_secs(1);
    let off = behind.max(ahead).max(SignedDuration::ZERO);
    if off <= TOLERATED {
        return Finding::well(CHECK, format!("within {} seconds of others'", TOLERATED.as_secs()));
    }
    let way = if behind > ahead { "behind" } else { "ahead" };
    Finding::ill(CHECK, format!("{} seconds {way}", off.as_secs()), "let NTP set it (chrony, systemd-timesyncd)")
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_told_and_a_slow_answer_is_not_taken_for_one() {
        let now: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let date = |seconds: i64| {
            jiff::fmt::rfc2822::to_string(&(now + SignedDuration::from_secs(seconds)).to_zoned(jiff::tz::TimeZone::UTC))
                .unwrap()
        };
        let judged = |seconds: i64, took: i64| judge(Some(&date(seconds)), now, now + SignedDuration::from_secs(took));
        assert_eq!(judged(0, 0).state, State::Green);
        assert_eq!(judged(60, 60).state, State::Green);
        assert_eq!(judged(-1, 0).state, State::Green);
        assert!(judged(400, 0).found.contains("400 seconds behind"));
        assert!(judged(-400, 0).found.contains("399 seconds ahead"));
        assert_eq!(judge(None, now, now).state, State::Yellow);
        assert_eq!(judge(Some("noon"), now, now).state, State::Yellow);
    }
}
