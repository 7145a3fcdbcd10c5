//! The words of the invite pages, in the languages in which they are told.

use axum::http::{HeaderMap, header};

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Language {
    #[default]
    English,
    Chinese,
}

impl Language {
    pub(super) const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// Its name in addresses and cookies.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.name() == name)
    }

    /// The one that a browser would rather have (RFC 9110 section 12.5.4); English, when it names none of them.
    pub(super) fn accepted(headers: &HeaderMap) -> Self {
        let lines =
            headers.get_all(header::ACCEPT_LANGUAGE).into_iter().filter_map(|line| line.to_str().ok());
        let mut best = (0.0, Self::default());
        for item in lines.flat_map(|line| line.split(',')) {
            let mut parts = item.split(';').map(str::trim);
            let primary = parts.next().and_then(|tag| tag.split('-').next()).unwrap_or_default();
            let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0_f32);
            if let Some(language) = Self::named(&primary.to_ascii_lowercase())
                && weight > best.0
            {
                best = (weight, language);
            }
        }
        best.1
    }

    pub(super) fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::Chinese => &CHINESE,
        }
    }
}

/// A page that says why somebody is not in a room: its title, what happened, and what can be done.
#[derive(Clone, Copy)]
pub(super) struct Notice {
    pub(super) title: &'static str,
    pub(super) happened: &'static str,
    pub(super) advice: &'static str,
}

/// What the pages say.
pub(super) struct Words {
    /// The language, as documents name it (BCP 47).
    pub(super) tag: &'static str,
    pub(super) language: &'static str,
    pub(super) appearance: &'static str,
    pub(super) system: &'static str,
    pub(super) light: &'static str,
    pub(super) dark: &'static str,

    pub(super) join_title: fn(&str) -> String,
    pub(super) free_places: fn(u64) -> String,
    pub(super) phone: &'static str,
    pub(super) phone_hint: &'static str,
    pub(super) name: &'static str,
    pub(super) name_hint: &'static str,
    pub(super) join: &'static str,
    pub(super) who_sees: &'static str,
    pub(super) bad_phone: &'static str,
    pub(super) long_name: fn(usize) -> String,
    pub(super) in_title: &'static str,
    pub(super) in_text: fn(&str, &str) -> String,
    pub(super) in_advice: &'static str,

    pub(super) here: fn(u64) -> String,
    pub(super) about: &'static str,
    pub(super) close: &'static str,
    pub(super) people: &'static str,
    pub(super) you: &'static str,
    pub(super) marked_you: fn(&str) -> String,
    pub(super) alone: &'static str,
    pub(super) messages: &'static str,
    pub(super) silence: &'static str,
    pub(super) look: &'static str,
    pub(super) newer: &'static str,
    pub(super) earlier: &'static str,
    pub(super) later: &'static str,
    pub(super) lost: &'static str,
    pub(super) found: &'static str,
    pub(super) paused: &'static str,
    pub(super) message: &'static str,
    pub(super) send: &'static str,
    pub(super) unsent: &'static str,
    pub(super) write_first: &'static str,
    pub(super) too_long: fn(usize) -> String,
    pub(super) too_fast: fn(u64) -> String,
    pub(super) leave: &'static str,
    pub(super) leave_surely: &'static str,
    pub(super) left_title: &'static str,
    pub(super) left_text: fn(&str) -> String,
    pub(super) join_again: &'static str,

    pub(super) picture: &'static str,
    pub(super) video: &'static str,
    pub(super) recording: &'static str,
    pub(super) document: &'static str,
    pub(super) sticker: &'static str,
    pub(super) place: &'static str,
    pub(super) map: &'static str,
    pub(super) contact: &'static str,
    pub(super) unknown: &'static str,
    pub(super) from_host: fn(&str) -> String,
    pub(super) pinned: &'static str,
    pub(super) pins: &'static str,
    pub(super) unpins: &'static str,
    pub(super) reacts: fn(&str) -> String,
    pub(super) takes_back: &'static str,
    pub(super) answers: fn(&str) -> String,
    pub(super) not_here: &'static str,
    pub(super) nothing_to_answer: &'static str,

    pub(super) try_again: &'static str,
    pub(super) no_link: Notice,
    pub(super) revoked: Notice,
    pub(super) full_title: &'static str,
    pub(super) full: fn(u64) -> String,
    pub(super) full_advice: &'static str,
    pub(super) closed: Notice,
    pub(super) removed: Notice,
    pub(super) no_member: Notice,
    pub(super) no_seat: Notice,
    pub(super) not_now: Notice,
    pub(super) bad_request: Notice,
}

const ENGLISH: Words = Words {
    tag: "en",
    language: "Language",
    appearance: "Appearance",
    system: "System",
    light: "Light",
    dark: "Dark",

    join_title: |subject| format!("Join {subject}"),
    free_places: |free| match free {
        1 => "1 place is free".to_owned(),
        free => format!("{free} places are free"),
    },
    phone: "Phone number",
    phone_hint: "With the country code, such as +86 138 0013 8000.",
    name: "Name",
    name_hint: "What the others see. It may stay empty.",
    join: "Join the group",
    who_sees: "The business sees your number. The others in the group see your name, or the last four digits.",
    bad_phone: "That is not a whole phone number. Write it with its country code: 7 to 15 digits in all.",
    long_name: |most| format!("The name must have at most {most} characters."),
    in_title: "You are in",
    in_text: |number, subject| format!("{number} is a member of {subject}."),
    in_advice: "The conversation opens in the browser in which you joined. If that is lost, ask whoever invited you.",

    here: |count| format!("{count} here"),
    about: "About this group",
    close: "Close",
    people: "In this group",
    you: "You",
    marked_you: |name| format!("{name} (you)"),
    alone: "to you alone",
    messages: "Messages",
    silence: "Nothing has been said yet. Say hello.",
    look: "Look for new messages",
    newer: "New messages",
    earlier: "Earlier messages",
    later: "Later messages",
    lost: "The connection is lost. Trying again…",
    found: "The connection is back.",
    paused: "The group is paused: you can read, and not write.",
    message: "Message",
    send: "Send",
    unsent: "Not sent: the server cannot be reached. Your text is still here.",
    write_first: "Write something first.",
    too_long: |most| format!("A message may have at most {most} characters."),
    too_fast: |most| format!("You may write at most {most} messages a minute. Wait a moment."),
    leave: "Leave the group",
    leave_surely: "Really leave? Press again",
    left_title: "You have left",
    left_text: |subject| format!("You are not a member of {subject} any more."),
    join_again: "Join again",

    picture: "A picture",
    video: "A video",
    recording: "A recording",
    document: "A document",
    sticker: "A sticker",
    place: "A place",
    map: "Open the map",
    contact: "A contact",
    unknown: "A message that this version cannot show",
    from_host: |host| format!("from {host}"),
    pinned: "Pinned",
    pins: "pinned a message",
    unpins: "unpinned a message",
    reacts: |sign| format!("reacted with {sign}"),
    takes_back: "took a reaction back",
    answers: |name| format!("Answer to {name}"),
    not_here: "A message that is no longer here",
    nothing_to_answer: "What this answers is not in the group any more.",

    try_again: "Try again",
    no_link: Notice {
        title: "This link leads nowhere",
        happened: "This invite link does not exist.",
        advice: "Perhaps a part of it was lost when it was copied. Open it again where you were given it, or ask for a new one.",
    },
    revoked: Notice {
        title: "This link has ended",
        happened: "This invite link is no longer valid: the business has replaced it or taken it back.",
        advice: "Ask whoever invited you for a new one.",
    },
    full_title: "The group is full",
    full: |most| format!("This group is full: it may have at most {most} members."),
    full_advice: "Try again later: somebody may leave. Who is in it already stays in it, and comes back in the browser in which they joined.",
    closed: Notice {
        title: "The group is closed just now",
        happened: "This group is not open to new members now.",
        advice: "Try again later, or ask whoever invited you.",
    },
    removed: Notice {
        title: "You were removed",
        happened: "This number was removed from the group and cannot join it again.",
        advice: "If you think that this is a mistake, ask the business.",
    },
    no_member: Notice {
        title: "You are not in this group any more",
        happened: "You are not in this group any more.",
        advice: "Open the link again to join.",
    },
    no_seat: Notice {
        title: "You are not in this group",
        happened: "You are not in this group, or joined it in another browser.",
        advice: "Open the link again to join.",
    },
    not_now: Notice {
        title: "Not now",
        happened: "The server cannot do this now.",
        advice: "Try again in a moment.",
    },
    bad_request: Notice {
        title: "That did not work",
        happened: "The form came without what it must hold.",
        advice: "Open the link again.",
    },
};

const CHINESE: Words = Words {
    tag: "zh-CN",
    language: "语言",
    appearance: "外观",
    system: "跟随系统",
    light: "浅色",
    dark: "深色",

    join_title: |subject| format!("加入“{subject}”"),
    free_places: |free| format!("还有 {free} 个名额"),
    phone: "手机号",
    phone_hint: "请带上国家或地区代码，例如 +86 138 0013 8000。",
    name: "称呼",
    name_hint: "群里的人会看到这个称呼，也可以不填。",
    join: "加入群聊",
    who_sees: "商家能看到您的号码；群里其他人只看到您的称呼，没有称呼时看到号码的最后四位。",
    bad_phone: "号码不完整。请写上国家或地区代码，一共 7 到 15 位数字。",
    long_name: |most| format!("称呼最多 {most} 个字。"),
    in_title: "您已在群里",
    in_text: |number, subject| format!("{number} 已是“{subject}”的成员。"),
    in_advice: "请用当初加入时的浏览器打开对话。如果找不到了，请联系邀请您的人。",

    here: |count| format!("{count} 人在群里"),
    about: "群信息",
    close: "关闭",
    people: "群成员",
    you: "您",
    marked_you: |name| format!("{name}（您）"),
    alone: "只发给您",
    messages: "聊天记录",
    silence: "还没有人说话，打个招呼吧。",
    look: "查看新消息",
    newer: "有新消息",
    earlier: "更早的消息",
    later: "之后的消息",
    lost: "连接断了，正在重试…",
    found: "连接恢复了。",
    paused: "群聊已暂停：可以看，暂时不能发言。",
    message: "消息",
    send: "发送",
    unsent: "没有发出：连不上服务器。您写的内容还在。",
    write_first: "请先写点什么。",
    too_long: |most| format!("一条消息最多 {most} 个字。"),
    too_fast: |most| format!("每分钟最多发 {most} 条消息，请稍等。"),
    leave: "退出群聊",
    leave_surely: "确定退出？再点一次",
    left_title: "您已退出",
    left_text: |subject| format!("您不再是“{subject}”的成员。"),
    join_again: "重新加入",

    picture: "图片",
    video: "视频",
    recording: "语音",
    document: "文件",
    sticker: "贴纸",
    place: "位置",
    map: "打开地图",
    contact: "联系人",
    unknown: "这个版本无法显示的消息",
    from_host: |host| format!("来自 {host}"),
    pinned: "置顶",
    pins: "置顶了一条消息",
    unpins: "取消了一条置顶",
    reacts: |sign| format!("回应了 {sign}"),
    takes_back: "收回了回应",
    answers: |name| format!("回复 {name}"),
    not_here: "这条消息已经不在了",
    nothing_to_answer: "您要回复的消息已经不在群里了。",

    try_again: "再试一次",
    no_link: Notice {
        title: "链接打不开",
        happened: "这个邀请链接不存在。",
        advice: "可能是复制时少了一部分。请从收到它的地方重新打开，或者请对方再发一个。",
    },
    revoked: Notice {
        title: "链接已失效",
        happened: "这个邀请链接已经失效：商家更换或收回了它。",
        advice: "请向邀请您的人要一个新的。",
    },
    full_title: "群已满",
    full: |most| format!("群里最多 {most} 人，现在已经满了。"),
    full_advice: "请过些时候再试，也许会有人退出。已经在群里的人不受影响，用当初加入时的浏览器就能回来。",
    closed: Notice {
        title: "群暂时关闭",
        happened: "这个群现在不接受新成员。",
        advice: "请过些时候再试，或者问问邀请您的人。",
    },
    removed: Notice {
        title: "您已被移出",
        happened: "这个号码已被移出群聊，不能再加入。",
        advice: "如果您觉得弄错了，请联系商家。",
    },
    no_member: Notice {
        title: "您已不在群里",
        happened: "您已经不在这个群里了。",
        advice: "重新打开链接就可以再加入。",
    },
    no_seat: Notice {
        title: "您不在群里",
        happened: "您不在这个群里，或者是在另一个浏览器里加入的。",
        advice: "重新打开链接就可以加入。",
    },
    not_now: Notice {
        title: "暂时不行", happened: "服务器现在无法处理。", advice: "请过一会儿再试。"
    },
    bad_request: Notice {
        title: "没有成功", happened: "表单里少了必需的内容。", advice: "请重新打开链接。"
    },
};

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_browser_is_answered_in_the_language_that_it_would_rather_have() {
        for (accepted, language) in [
            ("", Language::English),
            ("de-DE,de;q=0.9", Language::English),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("en-GB,en;q=0.9,zh;q=0.8", Language::English),
            ("fr, zh-Hant;q=0.5, en;q=0.4", Language::Chinese),
            ("ZH", Language::Chinese),
            ("zh;q=0, en;q=0.1", Language::English),
        ] {
            let headers =
                HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_static(accepted))]);
            assert_eq!(Language::accepted(&headers), language, "{accepted}");
        }
    }

    #[test]
    fn what_is_counted_is_said_in_its_number() {
        assert_eq!((ENGLISH.free_places)(1), "1 place is free");
        assert_eq!((ENGLISH.free_places)(2), "2 places are free");
        assert_eq!((CHINESE.free_places)(1), "还有 1 个名额");
    }
}
