//! Inputs that Socket.IO has to answer by closing the connection, each over every transport.
//!
//! Nobody else may notice: a bystander is served after each of them.

use support::{Bystander, Client, Packet, Session, Transport};

/// An input: text packets of Engine.IO, and `b` for an attachment of one byte.
type Input<'a> = &'a [&'a str];

/// Sends each input from a client of its own, which has joined `namespaces`, and fails unless the
/// server closes the connection.
async fn assert_closes(namespaces: &[&str], inputs: &[Input<'_>]) {
    let mut bystander = Bystander::connect().await;
    for input in inputs {
        for transport in Transport::ALL {
            println!("{input:?} over {transport:?}");
            // Pings are 25 s apart here, so that none of them is what ends the session.
            let session = Session::open(transport, "/relaxed/").await;
            let mut client = Client::over(session);
            for namespace in namespaces {
                client.join(namespace).await;
            }
            let packets: Vec<_> = input
                .iter()
                .map(|packet| match *packet {
                    "b" => Packet::binary([1]),
                    text => Packet::text(text),
                })
                .collect();
            client.session.offend(&packets).await;
            client.ended().await;
            bystander.assert_served().await;
        }
    }
}

#[tokio::test]
async fn unknown_packet_types() {
    let inputs: [Input<'_>; 7] = [
        &["47"],
        &["48"],
        &["49[]"],
        &["4a"],
        &["4-1"],
        &["4é"],
        &["4 2[\"message\"]"],
    ];
    assert_closes(&["/"], &inputs).await;
}

#[tokio::test]
async fn empty_packet() {
    assert_closes(&["/"], &[&["4"]]).await;
}

#[tokio::test]
async fn broken_json() {
    let inputs: [Input<'_>; 16] = [
        &["42["],
        &["42]"],
        &[r#"42["message""#],
        &[r#"42["message",]"#],
        &[r#"42["message",{]"#],
        &[r#"42["message",{"a"}]"#],
        &[r#"42["message",{"a":1,}]"#],
        &[r#"42["message",01]"#],
        &[r#"42["message",.5]"#],
        &[r#"42["message",nan]"#],
        &[r#"42["message","\x"]"#],
        &["42[\"message\",\"a\nb\"]"],
        &["42['message']"],
        &[r#"40/custom,{"a":}"#],
        &["430["],
        &[r#"451-["message",{"_placeholder":true,"num":0}"#, "b"],
    ];
    assert_closes(&["/"], &inputs).await;
}

#[tokio::test]
async fn trailing_bytes() {
    let inputs: [Input<'_>; 6] = [
        &[r#"42["message"]x"#],
        &[r#"42["message"][]"#],
        &[r#"42["message"],"#],
        &["430[]1"],
        &["40/custom,{}{}"],
        &[r#"451-["message",{"_placeholder":true,"num":0}]]"#, "b"],
    ];
    assert_closes(&["/"], &inputs).await;
}

#[tokio::test]
async fn events_that_are_no_array() {
    let inputs: [Input<'_>; 5] = [
        &[r#"42{"0":"message"}"#],
        &[r#"42"message""#],
        &["42null"],
        &["42true"],
        &[r#"451-{"_placeholder":true,"num":0}"#, "b"],
    ];
    assert_closes(&["/"], &inputs).await;
}

#[tokio::test]
async fn events_without_data() {
    let inputs: [Input<'_>; 4] = [&["42"], &["4212"], &["42/custom,"], &["451-", "b"]];
    assert_closes(&["/", "/custom"], &inputs).await;
}

#[tokio::test]
async fn acknowledgements_that_are_no_array() {
    let inputs: [Input<'_>; 3] = [&["430{}"], &[r#"430"message""#], &["430null"]];
    assert_closes(&["/"], &inputs).await;
}

#[tokio::test]
async fn events_without_a_name() {
    let inputs: [Input<'_>; 8] = [
        &["42[]"],
        &["421[]"],
        &["42[null]"],
        &["42[true]"],
        &["42[{}]"],
        &[r#"42[["message"]]"#],
        &["451-[]", "b"],
        &[r#"451-[{"_placeholder":true,"num":0}]"#, "b"],
    ];
    assert_closes(&["/"], &inputs).await;
}

#[tokio::test]
async fn reserved_names() {
    let inputs: [Input<'_>; 8] = [
        &[r#"42["connect"]"#],
        &[r#"42["connect_error"]"#],
        &[r#"42["disconnect"]"#],
        &[r#"42["disconnecting",1]"#],
        &[r#"421["disconnect"]"#],
        &[r#"42["dis\u0063onnect"]"#],
        &[r#"42[ "connect" ]"#],
        &[r#"451-["connect",{"_placeholder":true,"num":0}]"#, "b"],
    ];
    assert_closes(&["/"], &inputs).await;
}

#[tokio::test]
async fn bad_ids() {
    let inputs: [Input<'_>; 6] = [
        &[r#"42-1["message-with-ack"]"#],
        &[r#"421.5["message-with-ack"]"#],
        &[r#"421e3["message-with-ack"]"#],
        &[r#"42x["message-with-ack"]"#],
        &[r#"42+1["message-with-ack"]"#],
        &["43-1[]"],
    ];
    assert_closes(&["/"], &inputs).await;
}

#[tokio::test]
async fn duplicate_connects() {
    let inputs: [Input<'_>; 4] = [
        &["40"],
        &["40{}"],
        &["40/custom,"],
        &[r#"40/custom,{"token":"secret"}"#],
    ];
    assert_closes(&["/", "/custom"], &inputs).await;
}

#[tokio::test]
async fn connects_with_something_other_than_an_object() {
    let inputs: [Input<'_>; 7] = [
        &["40[]"],
        &[r#"40"token""#],
        &["40/custom,[]"],
        &[r#"40/custom,"token""#],
        &["40/custom,null"],
        &["40/custom,true"],
        &["40/custom,[{}]"],
    ];
    assert_closes(&[], &inputs).await;
}

#[tokio::test]
async fn connect_errors_from_a_client() {
    let inputs: [Input<'_>; 4] = [
        &["44"],
        &[r#"44{"message":"no"}"#],
        &[r#"44"no""#],
        &[r#"44/custom,{"message":"no"}"#],
    ];
    assert_closes(&["/", "/custom"], &inputs).await;
}

#[tokio::test]
async fn disconnects_with_a_payload() {
    let inputs: [Input<'_>; 4] = [&["41{}"], &[r#"41["x"]"#], &["41null"], &["41/custom,[]"]];
    assert_closes(&["/", "/custom"], &inputs).await;
}

#[tokio::test]
async fn packets_for_a_namespace_not_joined() {
    let inputs: [Input<'_>; 6] = [
        &[r#"42/custom,["message"]"#],
        &[r#"42/unknown,["message"]"#],
        &["41/custom,"],
        &["43/custom,0[]"],
        &[
            r#"451-/custom,["message",{"_placeholder":true,"num":0}]"#,
            "b",
        ],
        &[r#"42/custom["message"]"#],
    ];
    assert_closes(&["/"], &inputs).await;
}

#[tokio::test]
async fn packets_before_any_connect() {
    let inputs: [Input<'_>; 5] = [
        &[r#"42["message"]"#],
        &["41"],
        &["430[]"],
        &["44{}"],
        &[r#"451-["message",{"_placeholder":true,"num":0}]"#, "b"],
    ];
    assert_closes(&[], &inputs).await;
}

#[tokio::test]
async fn packets_after_a_disconnect() {
    let inputs: [Input<'_>; 2] = [&["41", r#"42["message"]"#], &["41", "41"]];
    assert_closes(&["/"], &inputs).await;
}

#[tokio::test]
async fn binary_without_a_header() {
    let inputs: [Input<'_>; 3] = [
        &["b"],
        &[r#"42["message"]"#, "b"],
        &[r#"451-["message",{"_placeholder":true,"num":0}]"#, "b", "b"],
    ];
    assert_closes(&["/"], &inputs).await;
    assert_closes(&[], &[&["b"]]).await;
}

#[tokio::test]
async fn text_while_attachments_are_missing() {
    let header = r#"452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#;
    let ack = r#"461-0[{"_placeholder":true,"num":0}]"#;
    for text in [r#"42["message"]"#, "41", "40/custom,", header] {
        let inputs: [Input<'_>; 3] = [&[header, text], &[header, "b", text], &[ack, text]];
        assert_closes(&["/"], &inputs).await;
    }
}

#[tokio::test]
async fn bad_attachment_counts() {
    let inputs: [Input<'_>; 15] = [
        &[r#"45["message",{"_placeholder":true,"num":0}]"#, "b"],
        &[r#"45-["message",{"_placeholder":true,"num":0}]"#, "b"],
        &[r#"45-1-["message",{"_placeholder":true,"num":0}]"#, "b"],
        &[r#"451.5-["message",{"_placeholder":true,"num":0}]"#, "b"],
        &[r#"45a-["message",{"_placeholder":true,"num":0}]"#, "b"],
        &[r#"45 -["message",{"_placeholder":true,"num":0}]"#, "b"],
        &[r#"451["message",{"_placeholder":true,"num":0}]"#, "b"],
        &["451"],
        &["45"],
        // The limit is 10.
        &[r#"4511-["message",{"_placeholder":true,"num":0}]"#],
        &[r#"451000000000-["message",{"_placeholder":true,"num":0}]"#],
        &[r#"4518446744073709551616-["message",{"_placeholder":true,"num":0}]"#],
        &[r#"4599999999999999999999999-["message",{"_placeholder":true,"num":0}]"#],
        &[r#"461000000000-0[{"_placeholder":true,"num":0}]"#],
        &[r#"46-1-0[{"_placeholder":true,"num":0}]"#, "b"],
    ];
    assert_closes(&["/"], &inputs).await;
}

#[tokio::test]
async fn bad_placeholders() {
    let inputs: [Input<'_>; 9] = [
        &[r#"451-["message",{"_placeholder":true,"num":1}]"#, "b"],
        &[r#"451-["message",{"_placeholder":true,"num":-1}]"#, "b"],
        &[r#"451-["message",{"_placeholder":true,"num":1e9}]"#, "b"],
        &[r#"451-["message",{"_placeholder":true,"num":"0"}]"#, "b"],
        &[r#"451-["message",{"_placeholder":true,"num":null}]"#, "b"],
        &[r#"451-["message",{"_placeholder":true,"num":[0]}]"#, "b"],
        &[r#"451-["message",{"_placeholder":true}]"#, "b"],
        &[
            r#"451-["message",{"a":[{"_placeholder":true,"num":7}]}]"#,
            "b",
        ],
        &[r#"461-0[{"_placeholder":true,"num":1}]"#, "b"],
    ];
    assert_closes(&["/"], &inputs).await;
}
