//! Percent-encoding (RFC 3986, section 2.1): how a header or a URL carries any text.

/// Decodes, or nothing where an escape is cut or what comes out is not UTF-8.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' { hex(rest.next()?)? << 4 | hex(rest.next()?)? } else { byte });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_escapes_of_utf_8_are_decoded_and_nothing_else() {
        for (text, decoded) in [("", ""), ("ada", "ada"), ("a%20b%C3%A4", "a bä"), ("%25", "%"), ("a+b", "a+b")] {
            assert_eq!(decode(text).as_deref(), Some(decoded), "{text}");
        }
        for bad in ["%", "%2", "%zz", "%-1", "%ff", "a%c3"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
