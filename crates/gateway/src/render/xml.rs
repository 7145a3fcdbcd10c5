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
        if self.name == self.cdata && !text.contains("]]>") {
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
        let fits = letter.is_alphabetic()
            || letter == '_'
            || (at > 0 && (letter.is_numeric() || letter == '-' || letter == '.'));
        out.push(if fits { letter } else { '_' });
    }
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
            // XML has no way to hold other control characters.
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                out.push('\u{fffd}');
            }
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
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
}
