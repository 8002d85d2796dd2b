//! Changes to files, drawn by a seed: what disks, editors, other programs and enemies do to them.

use std::ops::Range;

/// Random numbers that depend on the seed alone (splitmix64).
pub(super) struct Random {
    state: u64,
}

impl Random {
    /// The stream of the mutant `index` of a run with `seed`.
    pub(super) fn new(seed: u64, index: u64) -> Random {
        let mut random = Random {
            state: seed ^ index.wrapping_mul(0xd134_2543_de82_ef95),
        };
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is at least 1.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("it is below a size")
    }

    fn one<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// How a file is built, which decides what can be changed in it besides bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// JSON, or lines of it.
    Json,
    /// TOML.
    Toml,
    /// Words in lines.
    Lines,
    /// Eight bytes of length, a JSON header, numbers.
    Safetensors,
    /// Compressed data.
    Binary,
}

const NUMBERS: [&str; 33] = [
    "0",
    "-0",
    "-1",
    "1",
    "2",
    "3",
    "7",
    "255",
    "256",
    "1000",
    "65536",
    "1000000",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9007199254740991",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e18",
    "1e30",
    "1e308",
    "-1e308",
    "1e309",
    "1e-320",
    "0.5",
    "6.1",
    "NaN",
    "-Infinity",
    "99999999999999999999999999999999999999999999999999999999999999999999999999999999",
];

const TEXTS: [&str; 22] = [
    "",
    " ",
    "a",
    "null",
    "\\u0000",
    "\\u001b[31mred\\u001b[0m",
    "\\ud800",
    "\\n\\r\\t",
    "../../../../etc/passwd",
    "/",
    ".",
    "(a+)+$",
    "(?=(a+)+$)\\\\1",
    "((((((((((a{9}){9}){9}){9}){9}){9}){9}){9}){9}){9}",
    "[",
    "(?P<",
    ".*",
    "\u{202e}\u{feff}\u{200b}",
    "e\u{301}\u{302}\u{303}\u{304}",
    "|`*_<script>",
    "[UNK]",
    "\u{1b}]0;title\u{7}",
];

const VALUES: [&str; 10] = [
    "null",
    "true",
    "false",
    "[]",
    "{}",
    "\"\"",
    "[[]]",
    "[null]",
    "{\"\": 1}",
    "[1, \"a\"]",
];

const BYTES: [&str; 9] = [
    "\0",
    "\u{1b}[2J",
    "\u{feff}",
    "\r",
    "\n\n",
    "\u{7f}\u{9b}31m",
    "{",
    "]",
    "\\",
];

/// `original`, changed one to three times.
pub(super) fn mutate(
    original: &[u8],
    form: Form,
    others: &[Vec<u8>],
    random: &mut Random,
) -> Vec<u8> {
    let mut bytes = original.to_vec();
    let mut changes = random.one(&[1, 1, 1, 2, 3]);
    while changes > 0 || bytes == original {
        bytes = change(bytes, form, others, random);
        changes = usize::saturating_sub(changes, 1);
    }
    bytes
}

fn change(bytes: Vec<u8>, form: Form, others: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    if bytes.is_empty() {
        return b"{}".to_vec();
    }

    if form == Form::Safetensors && random.below(4) > 0 {
        return change_header(&bytes, random);
    }

    let structured = match form {
        Form::Json | Form::Toml => 10,
        Form::Lines => 4,
        Form::Safetensors | Form::Binary => 0,
    };

    match random.below(structured + 8) {
        kind if kind < structured => change_token(bytes, form, random),
        kind => change_bytes(bytes, kind - structured, others, random),
    }
}

fn change_bytes(
    mut bytes: Vec<u8>,
    kind: usize,
    others: &[Vec<u8>],
    random: &mut Random,
) -> Vec<u8> {
    let at = random.below(bytes.len());
    match kind {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = u8::try_from(random.below(256)).expect("a byte"),
        2 => bytes.truncate(at),
        3 => {
            let end = (at + 1 + random.below(60)).min(bytes.len());
            bytes.drain(at..end);
        }
        4 => {
            let piece = bytes[piece(bytes.len(), at, random)].to_vec();
            bytes.splice(at..at, piece);
        }
        5 => {
            let piece = bytes[piece(bytes.len(), at, random)].to_vec();
            let times = random.one(&[2, 100, 10_000]).min(4_000_000 / piece.len());
            bytes.splice(at..at, piece.repeat(times));
        }
        6 => {
            let inserted = random.one(&BYTES);
            bytes.splice(at..at, inserted.bytes());
        }
        _ => match random.below(6) {
            0 => bytes.clear(),
            1 => bytes = b" \n".repeat(random.below(5)),
            2 => {
                bytes = random
                    .one(&["{", "[", "{\"a\":", "a = [", "[["])
                    .repeat(100_000)
                    .into_bytes();
            }
            3 => {
                bytes = (0..random.below(5000))
                    .map(|_| random.next().to_le_bytes()[0])
                    .collect();
            }
            _ => bytes.clone_from(&others[random.below(others.len())]),
        },
    }

    bytes
}

fn piece(length: usize, at: usize, random: &mut Random) -> Range<usize> {
    at..(at + 1 + random.below(200)).min(length)
}

/// Changes a number, a string, or a whole value or member of a text.
fn change_token(bytes: Vec<u8>, form: Form, random: &mut Random) -> Vec<u8> {
    let tokens = tokens(&bytes);
    if tokens.is_empty() {
        return change_bytes(bytes, 6, &[], random);
    }

    let token = tokens[random.below(tokens.len())].clone();
    let old = bytes[token.clone()].to_vec();
    let quoted = |text: String| {
        if form == Form::Lines {
            text
        } else {
            format!("\"{text}\"")
        }
    };

    let is_number = old
        .first()
        .is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-');
    let new = match random.below(9) {
        0..=2 if is_number => random.one(&NUMBERS).to_owned(),
        0..=2 => quoted(random.one(&TEXTS).to_owned()),
        3 => random.one(&NUMBERS).to_owned(),
        4 => random.one(&VALUES).to_owned(),
        5 => {
            let (open, close) = random.one(&[("[", "]"), ("{\"a\":", "}")]);
            let depth = random.one(&[3, 126, 1_000, 100_000]);
            format!("{}1{}", open.repeat(depth), close.repeat(depth))
        }
        6 => quoted(
            random
                .one(&["a", "a ", "!", "\u{fdfa}", "(", "\\\\"])
                .repeat(random.one(&[300, 70_000, 1_000_000])),
        ),
        7 => return without_member(bytes, &token),
        _ => return with_member_twice(bytes, &token),
    };

    splice(bytes, token, new.as_bytes())
}

fn splice(mut bytes: Vec<u8>, range: Range<usize>, new: &[u8]) -> Vec<u8> {
    bytes.splice(range, new.iter().copied());
    bytes
}

/// The numbers, strings and bracketed values of a text.
fn tokens(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += 1 + usize::from(bytes[at] == b'\\');
                }
                at = (at + 1).min(bytes.len());
                found.push(start..at);
            }
            b'[' | b'{' => {
                open.push(at);
                at += 1;
            }
            b']' | b'}' => {
                at += 1;
                found.extend(open.pop().map(|start| start..at));
            }
            byte if byte.is_ascii_alphanumeric() || byte == b'-' => {
                let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-._'".contains(byte);
                at += bytes[at..].iter().take_while(|byte| part(byte)).count();
                found.push(start..at);
            }
            _ => at += 1,
        }
    }

    found
}

/// The member or line that `token` is in: from the comma or line before it to the next.
fn member(bytes: &[u8], token: &Range<usize>) -> Range<usize> {
    let ends = |byte: &u8| b",\n".contains(byte);
    let start = bytes[..token.start].iter().rposition(ends).unwrap_or(0);
    let end = bytes[token.end..].iter().position(ends);
    start..end.map_or(bytes.len(), |end| token.end + end)
}

fn without_member(bytes: Vec<u8>, token: &Range<usize>) -> Vec<u8> {
    let member = member(&bytes, token);
    splice(bytes, member, b"")
}

fn with_member_twice(bytes: Vec<u8>, token: &Range<usize>) -> Vec<u8> {
    let member = member(&bytes, token);
    let text = bytes[member.clone()].to_vec();
    splice(bytes, member.end..member.end, &text)
}

/// Changes the header, whose length is then mostly stated rightly.
fn change_header(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let length = bytes.get(..8).map_or(0, |length| {
        u64::from_le_bytes(length.try_into().expect("eight bytes"))
    });
    let end = usize::try_from(length).map_or(bytes.len(), |length| {
        length.saturating_add(8).min(bytes.len())
    });

    if end <= 8 {
        return change_bytes(bytes.to_vec(), 0, &[], random);
    }

    let header = change_token(bytes[8..end].to_vec(), Form::Json, random);
    let stated = match random.below(5) {
        0 => random.one(&[0, 1, 7, 1 << 20, 1 << 40, u64::MAX, u64::MAX - 7]),
        _ => header.len() as u64,
    };

    [&stated.to_le_bytes()[..], &header, &bytes[end..]].concat()
}
