//! Brings the Slack messages about a request up to date: posts what is missing,
//! edits what is there. Safe to run twice and by two workers at once.

use jiff::SignedDuration;

use super::SlackTrouble;
use super::cards::{Card, Cards};
use crate::domain::ids::RequestId;
use crate::domain::job::{JobKind, NewJob};
use crate::domain::person::SlackUser;
use crate::domain::policy::Asked;
use crate::domain::request::{Request, State};
use crate::ports::chat::{Chat, ChatError, Message, Place};
use crate::service::Service;

/// A post that has no answer after this long is looked for instead of awaited.
const LOST_AFTER: SignedDuration = SignedDuration::from_secs(30);
/// How many people in line see at once that they moved up; the others see it when they come nearer.
const PLACES_SHOWN: usize = 20;
/// How often a card is edited again because the request moved on meanwhile.
const ROUNDS: u32 = 3;
/// How often the end of an edit is noted again because other cards were noted meanwhile: left out, a
/// card whose older edit came last would stay as it is for good.
const NOTES: u32 = 16;
/// Whose card it is: the requester's.
const REQUESTER: &str = "requester";
/// Whose card it is: everybody's in the approvals channel.
const APPROVERS: &str = "approvers";

/// Brings every card of a request up to date.
///
/// # Errors
/// [`SlackTrouble::Later`] when Slack or the store is busy, or another worker is at it.
pub async fn refresh(service: &Service, id: RequestId) -> Result<(), SlackTrouble> {
    let chat = service.chat.as_deref().ok_or_else(|| SlackTrouble::Never("Slack is not configured".to_owned()))?;
    let pages = Pages { service, chat, id };
    let request = service.store.load(id).await?;
    let mut wanted = vec![(REQUESTER.to_owned(), requester_place(&request))];
    if request.state == State::Pending {
        wanted.extend(pages.approver_places(&request).await?);
    }
    for (who, place) in &wanted {
        pages.ensure(who, place).await?;
    }
    for who in Cards::load(service, id).await?.names() {
        if !wanted.iter().any(|(name, _)| *name == who) {
            pages.bring_up_to_date(&who).await?;
        }
    }
    if request.state == State::Creating { pages.others_move_up(&request).await } else { Ok(()) }
}

fn requester_place(request: &Request) -> Place {
    let requester = &request.submission.requester;
    match &requester.slack {
        Some(user) => Place::User(user.clone()),
        None => Place::Email(requester.email.clone()),
    }
}

struct Pages<'a> {
    service: &'a Service,
    chat: &'a dyn Chat,
    id: RequestId,
}

impl Pages<'_> {
    /// Leaving the line moves everybody behind one place up, which their cards show.
    async fn others_move_up(&self, request: &Request) -> Result<(), SlackTrouble> {
        for waiting in self.service.store.queue(PLACES_SHOWN).await? {
            let key = format!("refresh-place/{waiting}/{}/{}", self.id, request.creation_attempts);
            let kind = JobKind::RefreshChat { request: waiting };
            self.service.store.promise(NewJob { key, kind, due_at: self.service.clock.now() }).await?;
        }
        self.service.bell.notify_waiters();
        Ok(())
    }

    /// The approvals channel, else everyone who may decide, each by themselves.
    async fn approver_places(&self, request: &Request) -> Result<Vec<(String, Place)>, SlackTrouble> {
        if let Some(place) = self.chat.approvals() {
            return Ok(vec![(APPROVERS.to_owned(), place)]);
        }
        let requirement = self.service.policy.requirement(&Asked::about(request));
        let mut places: Vec<_> = requirement
            .approvers
            .iter()
            .map(|email| (format!("approver/{email}"), Place::Email(email.clone())))
            .collect();
        for group in &requirement.slack_groups {
            places.extend(self.members(group, request).await?);
        }
        Ok(places)
    }

    async fn members(&self, group: &str, request: &Request) -> Result<Vec<(String, Place)>, SlackTrouble> {
        let team = self.chat.myself().await?.team;
        let users = match self.chat.group_members(group).await {
            Ok(users) => users,
            Err(ChatError::Refused(word)) => {
                tracing::warn!(%group, %word, "a user group of the policy cannot be read, so its members are not asked");
                return Ok(Vec::new());
            }
            Err(error) => return Err(error.into()),
        };
        let asker = request.submission.requester.slack.as_ref().map(|slack| &slack.user);
        let others = users.into_iter().filter(|user| Some(user) != asker);
        Ok(others
            .map(|user| (format!("approver/{user}"), Place::User(SlackUser { team: team.clone(), user })))
            .collect())
    }

    /// Posts the card if it is missing, else edits it.
    async fn ensure(&self, who: &str, place: &Place) -> Result<(), SlackTrouble> {
        let cards = Cards::load(self.service, self.id).await?;
        let now = self.service.clock.now();
        match cards.get(who) {
            Some(Card::Posted { .. } | Card::Refused) => return self.bring_up_to_date(who).await,
            Some(Card::Posting { since }) if now.duration_since(*since) < LOST_AFTER => {
                return Err(SlackTrouble::later("another worker is posting the card"));
            }
            Some(Card::Posting { .. }) => {
                if let Some(at) = self.find(who, place).await? {
                    cards.put(self.service, self.id, who, Card::Posted { at, shown: 0, look: None }).await?;
                    return self.bring_up_to_date(who).await;
                }
            }
            None => {}
        }
        cards.put(self.service, self.id, who, Card::Posting { since: now }).await?;
        self.post(who, place).await
    }

    async fn find(&self, who: &str, place: &Place) -> Result<Option<crate::ports::chat::MessageRef>, SlackTrouble> {
        Ok(self.chat.find(&self.card_key(who), place).await?)
    }

    async fn post(&self, who: &str, place: &Place) -> Result<(), SlackTrouble> {
        let (message, shown) = self.message(who).await?;
        let card = match self.chat.post(&self.card_key(who), place, &message).await {
            Ok(at) => Card::Posted { at, shown, look: Some(self.chat.look(&message)) },
            Err(ChatError::Refused(word)) => {
                tracing::warn!(request = %self.id, %word, "Slack did not take a card; mail goes out all the same");
                Card::Refused
            }
            // Surely not posted: another worker need not wait for us.
            Err(error @ ChatError::Throttled(_)) => {
                self.write(who, None).await?;
                return Err(error.into());
            }
            Err(error) => return Err(error.into()),
        };
        self.write(who, Some(card)).await
    }

    /// Writes a card over whatever other cards have become meanwhile.
    async fn write(&self, who: &str, card: Option<Card>) -> Result<(), SlackTrouble> {
        let long_ago = Card::Posting { since: jiff::Timestamp::UNIX_EPOCH };
        let card = card.unwrap_or(long_ago);
        let cards = Cards::load(self.service, self.id).await?;
        cards.put(self.service, self.id, who, card).await
    }

    /// Edits a card that is there, until it shows the request as it is.
    async fn bring_up_to_date(&self, who: &str) -> Result<(), SlackTrouble> {
        for _ in 0..ROUNDS {
            let cards = Cards::load(self.service, self.id).await?;
            let Some(Card::Posted { at, shown, look }) = cards.get(who).cloned() else { return Ok(()) };
            let (message, now) = self.message(who).await?;
            if shown > now {
                // A newer job has it in hand.
                return Ok(());
            }
            let wanted = self.chat.look(&message);
            if look.as_ref() != Some(&wanted) {
                cards.put(self.service, self.id, who, Card::Posted { at: at.clone(), shown: now, look: None }).await?;
                match self.chat.edit(&at, &message).await {
                    Ok(()) => self.edited(who, now, Some(wanted)).await?,
                    // Somebody deleted it; that is their right.
                    Err(ChatError::Refused(_)) => return self.write(who, Some(Card::Refused)).await,
                    Err(error) => {
                        // It may have been taken, and may come after another worker's.
                        self.edited(who, now, None).await?;
                        return Err(error.into());
                    }
                }
            }
            if self.service.store.load(self.id).await?.head.seq == now {
                return Ok(());
            }
        }
        Err(SlackTrouble::later("the request keeps changing"))
    }

    /// Notes how a card looks after an edit that shows version `shown`. Where somebody else began to
    /// edit it meanwhile, whose edit came last is unknown, and so is how it looks.
    async fn edited(&self, who: &str, shown: u64, look: Option<String>) -> Result<(), SlackTrouble> {
        let mut more = 1..NOTES;
        loop {
            let cards = Cards::load(self.service, self.id).await?;
            let Some(Card::Posted { at, shown: stored, .. }) = cards.get(who).cloned() else { return Ok(()) };
            let look = look.clone().filter(|_| stored == shown);
            match cards.put(self.service, self.id, who, Card::Posted { at, shown: stored, look }).await {
                Err(SlackTrouble::Later { .. }) if more.next().is_some() => {}
                done => return done,
            }
        }
    }

    /// The card as the request is now, and the version it shows.
    async fn message(&self, who: &str) -> Result<(Message, u64), SlackTrouble> {
        let request = self.service.store.load(self.id).await?;
        let shown = request.head.seq;
        let view = Box::new(self.service.show(self.id).await?);
        if who != REQUESTER {
            return Ok((Message::ApproverCard(view), shown));
        }
        let email = &request.submission.requester.email;
        let mut files = self.service.file_links(&request, Some(email)).await?.files;
        for file in &mut files {
            file.url.insert_str(0, &self.service.settings.public_url);
        }
        Ok((Message::RequesterCard { view, files }, shown))
    }

    fn card_key(&self, who: &str) -> String {
        format!("card/{}/{who}", self.id)
    }
}
