//! Answers as XML.
//!
//! The XML of an answer is made from its JSON, read once and never held as a tree: members are child
//! elements in their order, a list repeats the element of its name, a null is nothing.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Writes the document whose root has the given name. `cdata` names elements whose text is wrapped
/// rather than escaped.
pub(crate) fn from_json(json: &[u8], root: &str, cdata: &str) -> serde_json::Result<Vec<u8>> {
    let mut out = String::with_capacity(json.len() * 2);
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    let element = Element { out: &mut out, name: root, cdata };
    element.deserialize(&mut serde_json::Deserializer::from_slice(json))?;
    Ok(out.into_bytes())
}

/// One element, or as many as its list has items.
struct Element<'a> {
    out: &'a mut String,
    name: &'a str,
    cdata: &'a str,
}

impl Element<'_> {
    fn open(&mut self) {
        self.out.push('<');
        push_name(self.out, self.name);
        self.out.push('>');
    }

    fn close(&mut self) {
        self.out.push_str("</");
        push_name(self.out, self.name);
        self.out.push('>');
    }

    fn text(mut self, text: &str) {
        self.open();
        // What is wrapped is taken as it is: a line end would be changed, and what XML cannot hold would stand there.
        let plain =
            !text.contains("]]>") && text.chars().all(|letter| letter != '\r' && is_character(letter));
        if self.name == self.cdata && plain {
            self.out.push_str("<![CDATA[");
            self.out.push_str(text);
            self.out.push_str("]]>");
        } else {
            push_escaped(self.out, text);
        }
        self.close();
    }
}

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, flag: bool) -> Result<(), E> {
        self.text(if flag { "true" } else { "false" });
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.text(&number.to_string());
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.text(&number.to_string());
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.text(&number.to_string());
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.text(text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Self { out, name, cdata } = self;
        while items.next_element_seed(Element { out: &mut *out, name, cdata })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        self.open();
        while let Some(name) = members.next_key::<String>()? {
            if name.is_empty() {
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            members.next_value_seed(Element { out: &mut *self.out, name: &name, cdata: self.cdata })?;
        }
        self.close();
        Ok(())
    }
}

/// Keys of free maps may be no XML names: what a name may not hold becomes `_`.
fn push_name(out: &mut String, name: &str) {
    for (at, letter) in name.chars().enumerate() {
        let fits =
            is_letter(letter) || (at > 0 && (letter.is_ascii_digit() || letter == '-' || letter == '.'));
        out.push(if fits { letter } else { '_' });
    }
}

/// Letters that may begin a name in every edition of XML: editions differ about the rest, and so do the parsers that
/// read this. A colon would be a namespace.
fn is_letter(letter: char) -> bool {
    matches!(
        letter,
        'A'..='Z'
            | 'a'..='z'
            | '_'
            | '\u{c0}'..='\u{d6}'
            | '\u{d8}'..='\u{f6}'
            | '\u{f8}'..='\u{131}'
            | '\u{3b1}'..='\u{3c1}'
            | '\u{410}'..='\u{44f}'
            | '\u{5d0}'..='\u{5ea}'
            | '\u{627}'..='\u{63a}'
            | '\u{3041}'..='\u{3094}'
            | '\u{30a1}'..='\u{30fa}'
            | '\u{4e00}'..='\u{9fa5}'
            | '\u{ac00}'..='\u{d7a3}'
    )
}

/// Whether XML can hold a character at all.
fn is_character(letter: char) -> bool {
    !matches!(letter, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

fn push_escaped(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\r' => out.push_str("&#13;"),
            other if is_character(other) => out.push(other),
            _ => out.push('\u{fffd}'),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn xml(json: &str) -> String {
        let bytes = from_json(json.as_bytes(), "Root", "Wrapped").expect("JSON");
        String::from_utf8(bytes).expect("text").replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "")
    }

    #[test]
    fn lists_repeat_their_element_and_nulls_are_nothing() {
        assert_eq!(
            xml(r#"{"A":1,"List":[{"X":true},{"X":false}],"Empty":[],"Ids":["a","b"],"None":null,"F":-1.5}"#),
            "<Root><A>1</A><List><X>true</X></List><List><X>false</X></List><Ids>a</Ids><Ids>b</Ids>\
             <F>-1.5</F></Root>"
        );
    }

    #[test]
    fn text_is_escaped_or_wrapped() {
        assert_eq!(
            xml(r#"{"A":"<a href='x'>&\"\u0001\n","Wrapped":"a?b=1&c"}"#),
            "<Root><A>&lt;a href=&apos;x&apos;&gt;&amp;&quot;\u{fffd}\n</A>\
             <Wrapped><![CDATA[a?b=1&c]]></Wrapped></Root>"
        );
    }

    #[test]
    fn keys_that_are_no_names_are_made_names() {
        assert_eq!(xml(r#"{"a b":1,"1":2,"x-1":3,"":4}"#), "<Root><a_b>1</a_b><_>2</_><x-1>3</x-1></Root>");
    }

    proptest! {
        #[test]
        fn every_answer_is_well_formed_and_tells_its_texts(
            members in prop::collection::btree_map(any::<String>(), any::<String>(), 0..6),
        ) {
            let json = serde_json::json!({ "Wrapped": members.values().next(), "Extension": members });
            let text = String::from_utf8(from_json(json.to_string().as_bytes(), "Root", "Wrapped").expect("JSON"))
                .expect("text");
            let document = roxmltree::Document::parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
            let told = |text: &str| -> String {
                text.chars().map(|letter| if is_character(letter) { letter } else { '\u{fffd}' }).collect()
            };
            let extension = document.root_element().children().find(|child| child.has_tag_name("Extension"));
            let read: Vec<String> = extension
                .into_iter()
                .flat_map(|extension| extension.children())
                .map(|child| child.text().unwrap_or_default().to_owned())
                .collect();
            let expected: Vec<String> =
                members.iter().filter(|(key, _)| !key.is_empty()).map(|(_, value)| told(value)).collect();
            prop_assert_eq!(read, expected);
        }
    }
}
