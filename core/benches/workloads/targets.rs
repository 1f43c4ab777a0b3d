//! The targets of the ratios.

use crate::measure::{Comparison, Workload};

/// Returns the comparisons of a workload for the table.
pub(crate) fn comparisons(workload: &Workload) -> Vec<Comparison> {
    let length = workload.length.unwrap_or(usize::MAX);
    let compare = |ours, peer, target| Comparison { ours, peer, target };
    match workload.group {
        "lines" => {
            let search = if length <= 32 {
                1.5
            } else if length <= 64 {
                1.0
            } else {
                0.9
            };
            vec![
                compare("next_event", "memmem::find_iter", Some(search)),
                compare("next_event", "LinesCodec", Some(if length <= 64 { 6.0 } else { 2.0 })),
                compare("next_frame", "LinesCodec", Some(4.0)),
                compare("next_frame", "read_until", Some(1.5)),
            ]
        }
        "random_lines" => vec![
            compare("next_event", "memmem::find_iter", Some(1.0)),
            compare("next_event", "memchr_iter", None),
            compare("next_frame", "memmem::find_iter", None),
        ],
        "real_lines" => vec![
            compare("next_event", "memmem::find_iter", None),
            compare("next_event", "memchr_iter", None),
            compare("next_event", "LinesCodec", None),
            compare("next_frame", "bstr", None),
            compare("next_frame", "asynchronous-codec", None),
            compare("next_frame", "LinesCodec", Some(4.0)),
            compare("next_frame", "read_until", Some(1.5)),
        ],
        "long_delimiter" => vec![compare("next_event", "memmem::find_iter", Some(0.8))],
        "crlf_or_lf" => vec![
            compare("next_event", "aho-corasick", None),
            compare("next_event", "memchr_iter", None),
            compare("next_event", "LinesCodec", None),
            compare("next_frame", "LinesCodec", None),
        ],
        // At most one and a half times as slow.
        "one_byte_inputs" => vec![compare("delimiter of 8192", "delimiter of 8", Some(1.0 / 1.5))],
        "too_long" => vec![compare("one input", "inputs of 4 KiB", Some(1.0 / 1.5))],
        "resp" => vec![
            compare("next_event", "by hand", Some(0.7)),
            compare("next_frame", "by hand", Some(1.0)),
            compare("next_event, CRLF counted", "by hand", Some(0.7)),
            compare("next_frame, CRLF counted", "by hand", Some(1.0)),
            compare("next_event", "by hand by digit", None),
        ],
        "chat" => vec![
            // At most one and a half times its time.
            compare("handle_input", "next_event", Some(1.0 / 1.5)),
            compare("handle_input", "LinesCodec", None),
            compare("handle_input", "by hand", None),
        ],
        _ => Vec::new(),
    }
}
