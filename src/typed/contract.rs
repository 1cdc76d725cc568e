//! The messages of the contract as tables, read from their descriptors.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FileDescriptorSet};

/// Package of the typed messages.
const PACKAGE: &str = "singlewindow.ceb.v1";
/// The message whose fields are the roots.
const ANY_MESSAGE: &str = "CebMessage";

/// What a field holds, and how that stands in XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Text, in an attribute of the root.
    Attribute,
    /// Text, in an element.
    Text,
    /// XML: the element itself, as the signature.
    Element,
    /// XML: the only element inside of the element, as the payload of an extension.
    Content,
    /// Fields, in an element. The index of their kind.
    Fields(usize),
}

/// A field of a message.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    /// Name in protobuf, as `order_no`.
    pub(super) name: String,
    /// Name in XML and JSON, as `orderNo`.
    pub(super) element: String,
    pub(super) holds: Holds,
    pub(super) repeated: bool,
}

/// The fields of a message in the order of the contract, which is the order of the elements.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) fields: Vec<Field>,
}

impl Kind {
    /// A field and its index by its number.
    pub(super) fn by_number(&self, number: u32) -> Option<usize> {
        // Numbers are dense but for the roots.
        let near = usize::try_from(number).ok()?.checked_sub(1)?;
        if self.fields.get(near).is_some_and(|field| field.number == number) {
            return Some(near);
        }
        self.fields.iter().position(|field| field.number == number)
    }

    /// The index of a field by its name in XML.
    pub(super) fn by_element(&self, element: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.element == element)
    }

    /// The index of a field by its name in JSON, where the protobuf name is good too.
    pub(super) fn by_member(&self, name: &str) -> Option<usize> {
        self.by_element(name).or_else(|| self.fields.iter().position(|field| field.name == name))
    }
}

/// All kinds of messages. The first has the roots as fields.
#[derive(Debug)]
pub(super) struct Contract {
    kinds: Vec<Kind>,
}

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let set = FileDescriptorSet::decode(crate::pb::DESCRIPTORS).expect("descriptors are made by the build");
    Contract::read(&set).expect("the contract holds nothing but texts and messages")
});

/// The kind whose fields are the roots.
pub(super) fn roots() -> &'static Kind {
    kind(0)
}

/// A kind by its index.
pub(super) fn kind(index: usize) -> &'static Kind {
    CONTRACT.kinds.get(index).expect("indexes come from the contract")
}

/// A field of a kind by its index.
pub(super) fn field(kind: &'static Kind, index: usize) -> &'static Field {
    kind.fields.get(index).expect("indexes come from the contract")
}

impl Contract {
    /// `None` if a field is of a type that has no place in a CEB message.
    fn read(set: &FileDescriptorSet) -> Option<Contract> {
        let mut found: Vec<(String, &DescriptorProto)> = Vec::new();
        for file in set.file.iter().filter(|file| file.package() == PACKAGE) {
            let mut open: Vec<(String, &DescriptorProto)> =
                file.message_type.iter().map(|message| (format!(".{PACKAGE}.{}", message.name()), message)).collect();
            while let Some((name, message)) = open.pop() {
                open.extend(message.nested_type.iter().map(|inner| (format!("{name}.{}", inner.name()), inner)));
                found.push((name, message));
            }
        }
        let any_message = format!(".{PACKAGE}.{ANY_MESSAGE}");
        found.sort_by_key(|(name, _)| *name != any_message);
        let indexes: HashMap<&str, usize> =
            found.iter().enumerate().map(|(at, (name, _))| (name.as_str(), at)).collect();
        let kinds = found.iter().map(|(name, message)| Contract::kind(name, message, &indexes));
        Some(Contract { kinds: kinds.collect::<Option<_>>()? })
    }

    fn kind(name: &str, message: &DescriptorProto, indexes: &HashMap<&str, usize>) -> Option<Kind> {
        let local = name.rsplit('.').next().unwrap_or_default();
        let is_root = local.starts_with("CEB") && local.ends_with("Message");
        let fields = message.field.iter().map(|field| {
            let holds = match (field.r#type(), field.name()) {
                (Type::Message, _) => Holds::Fields(*indexes.get(field.type_name())?),
                (Type::String, "guid" | "version") if is_root => Holds::Attribute,
                (Type::String, "signature") if is_root => Holds::Element,
                (Type::String, "message") if local == "ExtendMessage" => Holds::Content,
                (Type::String, _) => Holds::Text,
                (_, _) => return None,
            };
            Some(Field {
                number: u32::try_from(field.number()).ok()?,
                name: field.name().to_owned(),
                element: field.json_name().to_owned(),
                holds,
                repeated: field.label() == Label::Repeated,
            })
        });
        Some(Kind { fields: fields.collect::<Option<_>>()? })
    }
}
