//! Personal links to the files of a finished set, for people whose browser carries no token.
//! Like an approver's link such a link is routing, not authority: it says who was given it,
//! and whether they may see the request is asked again when it is opened. It opens files
//! alone, and only for some days. The files hold account ids and policies, no secret.

use jiff::{SignedDuration, Timestamp};

use crate::domain::ids::RequestId;
use crate::domain::link::{self, LinkError, LinkKey};
use crate::domain::person::{Actor, Channel};
use crate::domain::request::{Request, State};
use crate::domain::set_artefacts::Artefact;
use crate::ports::chat::FileLink;

use super::decide::link_hash;
use super::{Service, ServiceError};

/// How long after the set became ready its files can be downloaded by link.
const OPEN_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// What a link to files is sealed for; a link to a page opens no file, and the other way round.
const USE: &str = "files";

/// Links to every file of a set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileLinks {
    /// By name, with addresses on this server, without its own.
    pub files: Vec<FileLink>,
    /// When they stop opening; `None` where the caller is known otherwise.
    pub until: Option<Timestamp>,
}

impl Service {
    /// Links to the files of a finished set that `person` alone was given, or plain ones for somebody
    /// who is known otherwise. None for a set that is not ready, and when the time of links is over.
    ///
    /// # Errors
    /// [`ServiceError::Unavailable`] when the set's accounts cannot be read now.
    pub async fn file_links(&self, request: &Request, person: Option<&str>) -> Result<FileLinks, ServiceError> {
        let until = request.state_since.checked_add(OPEN_FOR).unwrap_or(Timestamp::MAX);
        let over = person.is_some() && self.clock.now() >= until;
        if request.set().is_none() || request.state != State::Ready || over {
            return Ok(FileLinks::default());
        }
        let token = person.map(|person| link::issue(&self.file_key(), request.id, person, link_hash(request), until));
        let query = token.map(|token| format!("?t={token}")).unwrap_or_default();
        let link = |artefact: Artefact| FileLink {
            url: format!("/requests/{}/files/{}{query}", request.id, artefact.name),
            name: artefact.name,
        };
        let files = self.artefacts(request).await?.into_iter().map(link).collect();
        Ok(FileLinks { files, until: person.map(|_| until) })
    }

    /// The file behind a personal link. Changes nothing.
    ///
    /// # Errors
    /// [`ServiceError::BadLink`] for a link that is forged, over, or not for this; [`ServiceError::NotFound`]
    /// when its owner may not see the request any more; those of [`Self::artefact`].
    pub async fn open_file(&self, id: RequestId, token: &str, name: &str) -> Result<Artefact, ServiceError> {
        let request = self.linked_to(id).await?;
        let opened = link::open(&self.file_key(), token, id, link_hash(&request), self.clock.now());
        let person = match opened {
            Ok(opened) => opened.approver,
            Err(LinkError::Expired { .. }) => return Err(ServiceError::NotAllowed(expired(&request))),
            Err(error @ LinkError::NotGenuine) => return Err(ServiceError::BadLink(error.to_string())),
        };
        let viewer = self.viewer(&Actor::person(&person, Channel::Mail), false).await;
        let request = self.find_for(&viewer, &id.to_string()).await?;
        self.artefact(&request, name).await
    }

    fn file_key(&self) -> LinkKey {
        self.settings.link_key.for_use(USE)
    }
}

fn expired(request: &Request) -> String {
    format!(
        "This link was good for seven days, and they are over. `vend requests artefacts {} --out .` downloads the \
         files with your token; ask the platform team if you have none.",
        request.id.short()
    )
}
