use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::Error;

use super::args::{Args, ArgsIter};
use super::attached::{Attachments, Cursor};
use super::json;

/// An argument that does not fit the type it is wanted in: the client's mistake, and no reason to
/// close its connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataError {
    argument: usize,
    message: Box<str>,
}

/// Characters kept of either end of a longer message; serde quotes the data, however long it is.
const MESSAGE_END: usize = 120;

impl DataError {
    fn new(argument: usize, error: &Error) -> Self {
        let mut message = error.to_string();
        let from = message.char_indices().nth(MESSAGE_END);
        let to = message.char_indices().nth_back(MESSAGE_END - 1);
        if let (Some((from, _)), Some((to, _))) = (from, to)
            && from < to
        {
            message.replace_range(from..to, "…");
        }
        Self {
            argument,
            message: message.into(),
        }
    }

    /// Which argument, from 0.
    pub const fn argument(&self) -> usize {
        self.argument
    }

    /// What is wrong with it, in serde's words; a line and column are those in the argument. At
    /// most 241 characters.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// A word for programs: `invalid_data`.
    pub const fn code(&self) -> &'static str {
        "invalid_data"
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "argument {}: {}", self.argument, self.message)
    }
}

impl std::error::Error for DataError {}

impl Args {
    /// Reads the arguments into a type.
    ///
    /// - A tuple takes them in order, one for each element, and so does an array `[T; N]`. An
    ///   element that is an `Option` may be missing at the end. `()` takes nothing.
    /// - Anything else is read from the first argument; an `Option` is `None` if that is missing or
    ///   `null`.
    /// - Arguments beyond these are ignored, as a JavaScript function ignores them.
    /// - An attachment reads as bytes (`bytes::Bytes`, `serde_bytes::ByteBuf`), at whatever depth,
    ///   also where a type is read through `#[serde(flatten)]` or an untagged enum. Each can be
    ///   read once, so that a small packet can not become a great value. Serde reads bytes as a
    ///   `String` too if they are UTF-8, so an untagged enum has its variant for bytes before
    ///   that for text.
    /// - A surrogate escape without its partner reads as U+FFFD.
    ///
    /// ```
    /// use encke_protocol::socket::Args;
    ///
    /// let args = Args::from_json(r#"["lobby",{"seats":4},"more"]"#)?;
    /// let (room, seats): (String, serde_json::Value) = args.data()?;
    /// assert_eq!(room, "lobby");
    /// assert_eq!(seats["seats"], 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When an argument is missing or is not what the type wants, and when it is nested deeper
    /// than 127 arrays or objects.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, DataError> {
        let text = json::mend_surrogates(self.text());
        let current = Cell::new(0);
        let attachments = self.attachments();
        T::deserialize(Arguments {
            rest: self.iter_in(&text),
            attachments: (!attachments.is_empty()).then(|| Attachments::new(attachments)),
            current: &current,
        })
        .map_err(|error| DataError::new(current.get(), &error))
    }
}

/// Reads one JSON text, such as the credentials of a CONNECT, as [`Args::data`] reads an argument.
///
/// # Errors
///
/// When it is not what the type wants, or nested deeper than 127 arrays or objects.
pub fn read_json<T: DeserializeOwned>(text: &str) -> Result<T, DataError> {
    serde_json::from_str(&json::mend_surrogates(text)).map_err(|error| DataError::new(0, &error))
}

/// The arguments that are still to be read.
struct Arguments<'c, 'de> {
    rest: ArgsIter<'de>,
    attachments: Option<Attachments<'de>>,
    /// For the error's sake: the index of the argument that is being read.
    current: &'c Cell<usize>,
}

/// Evaluates an expression with the deserializer of the next argument.
macro_rules! with_next {
    ($arguments:expr, $deserializer:ident => $result:expr) => {
        match ($arguments.rest.next(), &mut $arguments.attachments) {
            (None, _) => {
                let $deserializer = Missing;
                $result
            }
            (Some(text), None) => {
                let $deserializer = &mut serde_json::Deserializer::from_str(text);
                $result
            }
            (Some(text), Some(attachments)) => {
                let $deserializer = &mut Cursor::new(text, attachments);
                $result
            }
        }
    };
}

macro_rules! first_argument {
    ($($method:ident($($name:ident: $type:ty),*);)*) => {
        $(fn $method<V: Visitor<'de>>(
            mut self,
            $($name: $type,)*
            visitor: V,
        ) -> Result<V::Value, Error> {
            with_next!(self, argument => argument.$method($($name,)* visitor))
        })*
    };
}

impl<'de> Deserializer<'de> for Arguments<'_, 'de> {
    type Error = Error;

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Elements {
            arguments: self,
            index: 0,
            len,
        })
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.rest.clone().next() {
            None | Some("null") => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
        }
    }

    first_argument! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
    }
}

/// The arguments as the elements of a tuple.
struct Elements<'c, 'de> {
    arguments: Arguments<'c, 'de>,
    index: usize,
    len: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        if self.index == self.len {
            return Ok(None);
        }
        self.arguments.current.set(self.index);
        self.index += 1;
        with_next!(self.arguments, argument => seed.deserialize(argument).map(Some))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.len - self.index)
    }
}

/// An argument that the client did not send.
struct Missing;

impl<'de> Deserializer<'de> for Missing {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("missing"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_none()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytes::Bytes;
    use serde::Deserialize;
    use serde_json::value::RawValue;

    use super::*;

    fn args(text: &str) -> Args {
        Args::from_json(text.to_owned()).unwrap()
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Unit;
    #[derive(Debug, PartialEq, Deserialize)]
    struct Pair(u8, u8);
    #[derive(Debug, PartialEq, Deserialize)]
    struct Wrapped((u8, u8));

    #[test]
    fn tuples_take_several_arguments_and_nothing_else_does() {
        let two = args("[1,2]");
        assert_eq!(two.data(), Ok((1, 2)));
        assert_eq!(two.data(), Ok([1, 2]));
        assert_eq!(two.data(), Ok(Some((1, 2))));
        assert_eq!(two.data(), Ok(1));
        assert_eq!(two.data(), Ok(()));
        let list = args("[[1,2],3]");
        assert_eq!(list.data(), Ok(vec![1, 2]));
        assert_eq!(list.data(), Ok(Pair(1, 2)));
        assert_eq!(list.data(), Ok(Wrapped((1, 2))));
        assert_eq!(list.data(), Ok(((1, 2), 3)));
        assert_eq!(args("[null]").data(), Ok(Unit));
        let map = BTreeMap::from([(1, true)]);
        assert_eq!(args(r#"[{"1":true}]"#).data(), Ok(map));
    }

    #[test]
    fn arguments_may_be_missing_where_an_option_is_wanted() {
        let none = args("[]");
        assert_eq!(none.data(), Ok(()));
        assert_eq!(none.data(), Ok(None::<u8>));
        assert_eq!(none.data(), Ok((None::<u8>, None::<u8>)));
        assert_eq!(args("[null,2]").data(), Ok(None::<u8>));
        assert_eq!(args("[1]").data(), Ok((1, None::<u8>)));
        assert_eq!(args("[null,2]").data(), Ok((None::<u8>, 2)));
    }

    #[test]
    fn an_error_names_the_argument() {
        for (error, argument, message) in [
            (args("[]").data::<u8>().unwrap_err(), 0, "missing"),
            (args("[1]").data::<(u8, u8)>().unwrap_err(), 1, "missing"),
            (
                args(r#"[1,"é",3]"#).data::<(u8, u8, u8)>().unwrap_err(),
                1,
                "invalid type: string \"é\", expected u8 at line 1 column 4",
            ),
            (
                args("[256]").data::<u8>().unwrap_err(),
                0,
                "invalid value: integer `256`, expected u8 at line 1 column 3",
            ),
        ] {
            assert_eq!((error.argument(), error.message()), (argument, message));
            assert_eq!(error.to_string(), format!("argument {argument}: {message}"));
            assert_eq!(error.code(), "invalid_data");
        }
    }

    #[test]
    fn an_error_does_not_repeat_all_the_data() {
        let long = args(&format!("[\"{}\"]", "é".repeat(10_000)));
        let error = long.data::<u8>().unwrap_err();
        assert_eq!(error.message().chars().count(), 2 * MESSAGE_END + 1);
        assert!(error.message().starts_with("invalid type: string \"éé"));
        assert!(
            error
                .message()
                .ends_with("éé\", expected u8 at line 1 column 20002")
        );
        for len in 150..250 {
            let error = args(&format!("[\"{}\"]", "é".repeat(len))).data::<u8>();
            let message = error.unwrap_err().message().to_owned();
            let whole = message.matches('é').count() == len;
            assert_eq!(whole, !message.contains('…'));
        }
    }

    #[test]
    fn lone_surrogates_become_replacement_characters() {
        let cut = args(r#"["\ud83d\ude00","a\ud800","\\ud800",{"\udc00":"\uDBFF"}]"#);
        let (pair, lone, escaped, object): (String, String, String, BTreeMap<String, String>) =
            cut.data().unwrap();
        assert_eq!(pair, "\u{1f600}");
        assert_eq!(lone, "a\u{fffd}");
        assert_eq!(escaped, "\\ud800");
        assert_eq!(
            object,
            BTreeMap::from([("\u{fffd}".to_owned(), "\u{fffd}".to_owned())])
        );
        assert_eq!(cut.raw(1), Some(r#""a\ud800""#));
        assert_eq!(
            read_json(r#"{"token":"\ud800"}"#),
            Ok(BTreeMap::from([(
                "token".to_owned(),
                "\u{fffd}".to_owned()
            )]))
        );
        let attached = cut.attach(vec![Bytes::new()]).unwrap();
        assert_eq!(attached.skip(1).data(), Ok("a\u{fffd}".to_owned()));
    }

    #[test]
    fn depth_is_an_error_and_no_overflow() {
        for depth in [127, 128, 20_000] {
            let deep = "[".repeat(depth) + &"]".repeat(depth);
            let plain = args(&format!("[{deep}]"));
            let attached = plain.clone().attach(vec![Bytes::new()]).unwrap();
            for args in [plain, attached] {
                assert_eq!(
                    args.data::<serde_json::Value>().is_ok(),
                    depth == 127,
                    "{depth}"
                );
                assert!(args.data::<serde::de::IgnoredAny>().is_ok());
                assert_eq!(args.data::<Box<RawValue>>().unwrap().get(), deep);
            }
        }
        let deep = "[".repeat(20_000) + &"]".repeat(20_000);
        assert!(read_json::<serde_json::Value>(&deep).is_err());
    }
}
