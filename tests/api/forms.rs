//! What is in the forms of each protocol.

use incoming_uploader::{Builder, Outcome, Protocol, Uploader};
use js_sys::{Date, Map};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::parts::{MD5, parts_url, take_over_digests};
use super::world::{Answer, FakeRequest, World, file, object};

fn upload(protocol: Protocol, name: &str) -> Builder {
    Uploader::builder(file(name, "hello"))
        .protocol(protocol)
        .endpoint("https://server.test/up")
        .param("album", "to & fro")
        .param("shelf", "7")
}

async fn fields(request: &FakeRequest) -> Vec<String> {
    let fields = request.fields().await;
    fields.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
}

#[wasm_bindgen_test]
async fn resumable_says_everything_in_the_address_and_before_the_bytes() {
    let world = World::new();
    let uploader = upload(Protocol::Resumable, "blåbær.bin").ticket("id-1").start().unwrap();
    let request = world.request(1).await;
    let expected = [
        "resumableChunkNumber=1",
        "resumableChunkSize=1048576",
        "resumableCurrentChunkSize=5",
        "resumableTotalSize=5",
        "resumableType=",
        "resumableIdentifier=id-1",
        "resumableFilename=blåbær.bin",
        "resumableRelativePath=blåbær.bin",
        "resumableTotalChunks=1",
        "album=to & fro",
        "shelf=7",
    ];
    let fields = fields(&request).await;
    assert_eq!(fields[..fields.len() - 1], expected);
    assert_eq!(fields.last().unwrap(), "file=blåbær.bin  hello");
    for field in expected {
        let (name, value) = field.split_once('=').unwrap();
        assert_eq!(request.param(name).unwrap(), value);
    }
    assert!(request.address().contains("album=to%20%26%20fro"), "{}", request.address());
    request.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
}

#[wasm_bindgen_test]
async fn a_parameter_that_no_form_can_carry_is_refused_by_its_name() {
    let map = Map::new().set(&"a".into(), &1.into());
    let date = JsValue::from(Date::new(&0.into()));
    for value in [date, map.into(), file("b.bin", "no").into()] {
        let _world = World::new();
        let params = object([("album", object([("of", value)]).into())]);
        let upload = Uploader::builder(file("a.bin", "hello")).protocol(Protocol::Resumable);
        let upload = upload.endpoint("https://server.test/up").option("params", params);
        let Outcome::Failed(error) = upload.start().unwrap().finished().await else {
            panic!("it was left out");
        };
        assert_eq!(error.kind(), "misuse");
        assert!(error.to_string().contains(" as 'album[of]', found "), "{error}");
    }
}

#[wasm_bindgen_test]
async fn a_file_that_is_one_chunk_goes_as_it_is_and_a_part_of_one_as_bytes_of_no_type() {
    let type_of = async |chunk_size| {
        let world = World::new();
        let upload = upload(Protocol::Resumable, "a.bin").ticket("id-1").chunk_size(chunk_size);
        let uploader = upload.start().unwrap();
        let sent = world.request(1).await.field("file").await.unwrap();
        uploader.cancel("enough");
        sent
    };
    assert_eq!(type_of(5).await, "a.bin  hello");
    assert_eq!(type_of(2).await, "a.bin application/octet-stream he");
}

#[wasm_bindgen_test]
async fn flow_says_everything_in_the_form() {
    let world = World::new();
    let uploader = upload(Protocol::Flow, "a.bin").ticket("id-1").start().unwrap();
    let request = world.request(1).await;
    assert_eq!(request.address(), "https://server.test/up");
    let fields = fields(&request).await;
    assert_eq!(fields[..2], ["album=to & fro", "shelf=7"]);
    assert!(fields.contains(&"flowIdentifier=id-1".to_owned()), "{fields:?}");
    assert_eq!(fields.last().unwrap(), "file=a.bin  hello");
    request.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
}

#[wasm_bindgen_test]
async fn fineuploader_begins_with_the_parameters_of_the_page() {
    let world = World::new();
    let uploader = upload(Protocol::FineUploader, "a.bin").ticket("uuid-1").start().unwrap();
    let request = world.request(1).await;
    let expected = [
        "album=to & fro",
        "shelf=7",
        "qquuid=uuid-1",
        "qqfilename=a.bin",
        "qqtotalfilesize=5",
        "qqfile=a.bin  hello",
    ];
    assert_eq!(fields(&request).await, expected);
    let text = r#"{"success":true}"#;
    request.answer_with(&Answer { status: 200, text, ..Answer::default() });
    assert_eq!(uploader.finished().await, Outcome::Finished);
}

#[wasm_bindgen_test]
async fn what_has_no_file_in_it_is_a_form_as_well() {
    let world = World::new();
    let upload = upload(Protocol::FineUploader, "a.bin").ticket("uuid-1").chunk_size(3);
    let upload = upload.option("success_endpoint", "https://server.test/done");
    let uploader = upload.start().unwrap();
    for count in 1..=2 {
        let text = r#"{"success":true}"#;
        world.request(count).await.answer_with(&Answer { status: 200, text, ..Answer::default() });
    }
    let end = world.request(3).await;
    assert_eq!((end.how(), end.address()), ("fetch".into(), "https://server.test/done".into()));
    assert_eq!(end.field("qquuid").await.unwrap(), "uuid-1");
    assert_eq!(end.field("album").await.unwrap(), "to & fro");
    end.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
}

#[wasm_bindgen_test]
async fn robusto_knows_the_file_by_its_md5() {
    let world = World::new();
    take_over_digests(false);
    let upload = upload(Protocol::Robusto, "a.bin").parts_url(&parts_url());
    let uploader = upload.start().unwrap();
    let question = world.request(1).await;
    assert_eq!((question.how(), question.param("md5")), ("fetch".to_owned(), Some(MD5.to_owned())));
    let text = r#"{"status":"new","value":""}"#;
    question.answer_with(&Answer { status: 200, text, ..Answer::default() });
    let chunk = world.request(2).await;
    let expected = ["chunk=0", "chunks=1", "file=blob  hello"];
    assert_eq!(fields(&chunk).await, expected);
    let text = r#"{"status":"complete","value":"/files/1"}"#;
    chunk.answer_with(&Answer { status: 200, text, ..Answer::default() });
    assert_eq!(uploader.finished().await, Outcome::Finished);
    assert_eq!(uploader.snapshot().md5.as_deref(), Some(MD5));
}
