//! Random JSON with bytes in it, and the forms in which it may arrive.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// Whatever JavaScript can send: JSON with bytes in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    Null,
    Bool(bool),
    Int(i64),
    /// In eighths, which decimal digits express exactly.
    Eighths(i32),
    Text(String),
    Bytes(Bytes),
    List(Vec<Tree>),
    Object(BTreeMap<String, Tree>),
}

impl Tree {
    /// Whether a receiver would take a part of it for a placeholder.
    pub(crate) fn has_impostor(&self) -> bool {
        match self {
            Self::List(list) => list.iter().any(Self::has_impostor),
            Self::Object(object) => {
                object.get("_placeholder") == Some(&Self::Bool(true))
                    || object.values().any(Self::has_impostor)
            }
            _ => false,
        }
    }

    pub(crate) fn bytes(&self) -> Vec<Bytes> {
        match self {
            Self::Bytes(bytes) => vec![bytes.clone()],
            Self::List(list) => list.iter().flat_map(Self::bytes).collect(),
            Self::Object(object) => object.values().flat_map(Self::bytes).collect(),
            _ => Vec::new(),
        }
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Eighths(value) => serializer.serialize_f64(f64::from(*value) / 8.0),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Bytes(value) => serializer.serialize_bytes(value),
            Self::List(value) => serializer.collect_seq(value),
            Self::Object(value) => serializer.collect_map(value),
        }
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Int(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Tree, E> {
        i64::try_from(value).map(Tree::Int).map_err(E::custom)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the tests write eighths of an i32"
    )]
    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Eighths((value * 8.0) as i32))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Tree, E> {
        Ok(Tree::Bytes(Bytes::copy_from_slice(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree, A::Error> {
        let mut object = BTreeMap::new();
        while let Some((key, value)) = members.next_entry()? {
            object.insert(key, value);
        }
        Ok(Tree::Object(object))
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => any::<String>(),
        1 => Just("_placeholder".to_owned()),
        1 => Just("num".to_owned()),
    ]
}

pub(crate) fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Bool),
        any::<i64>().prop_map(Tree::Int),
        any::<i32>().prop_map(Tree::Eighths),
        any::<String>().prop_map(Tree::Text),
        vec(any::<u8>(), 0..9).prop_map(|bytes| Tree::Bytes(bytes.into())),
    ];
    leaf.prop_recursive(6, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Tree::List),
            btree_map(key(), inner, 0..5).prop_map(Tree::Object),
        ]
    })
}

/// JSON as another sender might write it: with white space, escapes, and placeholders of any form.
#[derive(Debug, Clone)]
pub(crate) struct Style {
    space: String,
    escape: bool,
    reorder: bool,
    extra: bool,
}

pub(crate) fn style() -> impl Strategy<Value = Style> {
    ("[ \t\r\n]{0,2}", any::<[bool; 3]>()).prop_map(|(space, [escape, reorder, extra])| Style {
        space,
        escape,
        reorder,
        extra,
    })
}

impl Style {
    fn string(&self, text: &str) -> String {
        if self.escape {
            let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
            format!("\"{}\"", units.collect::<String>())
        } else {
            serde_json::to_string(text).unwrap()
        }
    }

    fn object(&self, members: &[(&str, String)]) -> String {
        let space = &self.space;
        let members = members.iter().map(|(key, value)| {
            let key = self.string(key);
            format!("{space}{key}{space}:{space}{value}{space}")
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }

    /// The value as JSON; its bytes go to `attachments`.
    pub(crate) fn write(&self, tree: &Tree, attachments: &mut Vec<Bytes>) -> String {
        match tree {
            Tree::Bytes(bytes) => {
                let num = attachments.len().to_string();
                attachments.push(bytes.clone());
                let mut members = vec![("_placeholder", "true".to_owned()), ("num", num)];
                if self.reorder {
                    members.reverse();
                }
                if self.extra {
                    members.insert(1, ("x", "[{\"}\":\"{\"}]".to_owned()));
                }
                self.object(&members)
            }
            Tree::Text(text) => self.string(text),
            Tree::List(list) => {
                let list = list.iter().map(|tree| self.write(tree, attachments));
                let list = list.collect::<Vec<_>>().join(",");
                format!("[{0}{list}{0}]", self.space)
            }
            Tree::Object(object) => {
                let members = object
                    .iter()
                    .map(|(key, tree)| (&**key, self.write(tree, attachments)));
                self.object(&members.collect::<Vec<_>>())
            }
            other => serde_json::to_string(other).unwrap(),
        }
    }
}
