//! What messages say, as rows and lines of exports hold it: JSON that names its kind. Additive only: what was written by any
//! version is read for ever, and what this one does not know is kept as it came ([`Content::Unknown`]).

use serde::{Deserialize, Serialize};

use super::{Content, Location, Media, PinDays};
use crate::id::MessageId;

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Form {
    Text {
        text: String,
    },
    Image(MediaForm),
    Video(MediaForm),
    Audio {
        link: String,
    },
    Document {
        link: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        caption: Option<String>,
    },
    Sticker {
        link: String,
    },
    Location {
        longitude: String,
        latitude: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    Contacts {
        list: String,
    },
    Reaction {
        message: MessageId,
        #[serde(skip_serializing_if = "Option::is_none")]
        sign: Option<String>,
    },
    Pin {
        message: MessageId,
        #[serde(skip_serializing_if = "Option::is_none")]
        days: Option<PinDays>,
    },
}

#[derive(Serialize, Deserialize)]
struct MediaForm {
    link: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    caption: Option<String>,
}

impl From<&Media> for MediaForm {
    fn from(media: &Media) -> Self {
        Self { link: media.link.clone(), caption: media.caption.clone() }
    }
}

impl From<MediaForm> for Media {
    fn from(form: MediaForm) -> Self {
        Self { link: form.link, caption: form.caption }
    }
}

impl Content {
    /// What rows and exports hold.
    #[must_use]
    pub fn to_form(&self) -> String {
        let form = match self {
            Self::Text(text) => Form::Text { text: text.clone() },
            Self::Image(media) => Form::Image(media.into()),
            Self::Video(media) => Form::Video(media.into()),
            Self::Audio { link } => Form::Audio { link: link.clone() },
            Self::Document { link, name, caption } => {
                Form::Document { link: link.clone(), name: name.clone(), caption: caption.clone() }
            }
            Self::Sticker { link } => Form::Sticker { link: link.clone() },
            Self::Location(Location { longitude, latitude, name, address }) => Form::Location {
                longitude: longitude.clone(),
                latitude: latitude.clone(),
                name: name.clone(),
                address: address.clone(),
            },
            Self::Contacts(list) => Form::Contacts { list: list.clone() },
            Self::Reaction { message, sign } => {
                Form::Reaction { message: message.clone(), sign: sign.clone() }
            }
            Self::Pin { message, days } => Form::Pin { message: message.clone(), days: *days },
            Self::Unknown(json) => return json.clone(),
        };
        // Of what it holds, nothing fails to be written.
        serde_json::to_string(&form).unwrap_or_default()
    }

    /// What a row or an export holds.
    #[must_use]
    pub fn of_form(json: &str) -> Self {
        match serde_json::from_str(json) {
            Ok(Form::Text { text }) => Self::Text(text),
            Ok(Form::Image(media)) => Self::Image(media.into()),
            Ok(Form::Video(media)) => Self::Video(media.into()),
            Ok(Form::Audio { link }) => Self::Audio { link },
            Ok(Form::Document { link, name, caption }) => Self::Document { link, name, caption },
            Ok(Form::Sticker { link }) => Self::Sticker { link },
            Ok(Form::Location { longitude, latitude, name, address }) => {
                Self::Location(Location { longitude, latitude, name, address })
            }
            Ok(Form::Contacts { list }) => Self::Contacts(list),
            Ok(Form::Reaction { message, sign }) => Self::Reaction { message, sign },
            Ok(Form::Pin { message, days }) => Self::Pin { message, days },
            Err(_) => Self::Unknown(json.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_says_stands_as_it_always_did_and_what_is_unknown_is_kept() {
        let message = || MessageId::new("m1").unwrap();
        let media = || Media { link: "https://a".into(), caption: Some("c".into()) };
        let place = Location {
            longitude: "8.5".into(),
            latitude: "-47".into(),
            name: None,
            address: Some("Markt 1".into()),
        };
        let link = || "https://a".to_owned();
        let all = [
            (Content::Text("hi\0".into()), r#"{"kind":"text","text":"hi\u0000"}"#),
            (Content::Image(media()), r#"{"kind":"image","link":"https://a","caption":"c"}"#),
            (Content::Video(media()), r#"{"kind":"video","link":"https://a","caption":"c"}"#),
            (Content::Audio { link: link() }, r#"{"kind":"audio","link":"https://a"}"#),
            (
                Content::Document { link: link(), name: Some("n".into()), caption: None },
                r#"{"kind":"document","link":"https://a","name":"n"}"#,
            ),
            (Content::Sticker { link: link() }, r#"{"kind":"sticker","link":"https://a"}"#),
            (
                Content::Location(place),
                r#"{"kind":"location","longitude":"8.5","latitude":"-47","address":"Markt 1"}"#,
            ),
            (Content::Contacts("[1]".into()), r#"{"kind":"contacts","list":"[1]"}"#),
            (
                Content::Reaction { message: message(), sign: Some("👍".into()) },
                r#"{"kind":"reaction","message":"m1","sign":"👍"}"#,
            ),
            (Content::Pin { message: message(), days: None }, r#"{"kind":"pin","message":"m1"}"#),
            (
                Content::Pin { message: message(), days: PinDays::try_from(7).ok() },
                r#"{"kind":"pin","message":"m1","days":7}"#,
            ),
            (Content::Unknown(r#"{"kind":"poll","x":1}"#.into()), r#"{"kind":"poll","x":1}"#),
        ];
        for (content, form) in all {
            assert_eq!(content.to_form(), form);
            assert_eq!(Content::of_form(form), content);
        }
    }
}
