//! Pictures of customer groups: a file at an address that a caller names, looked at before it is taken.
//!
//! The bounds are those of Meta's Groups API, which the cloud's channel hands pictures on to: `image/jpeg`, at most 5 MB,
//! square, at least 192 pixels a side (its error codes 131209 and 131210).

use std::time::Duration;

use zune_jpeg::{JpegDecoder, zune_core::bytestream::ZCursor};

use crate::outbound::{Call, CallFault, Outbound};

/// Bytes that a picture may have.
pub const PICTURE_BYTES: usize = 5 << 20;
/// Pixels that a side of it has at least.
pub const PICTURE_SIDE: usize = 192;
/// How long it may take to fetch one; less than any request may take.
const PICTURE_TIME: Duration = Duration::from_secs(5);

/// Why a picture is not taken. The words are for whoever named the address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureFault {
    /// It could not be fetched.
    #[error("the picture cannot be fetched: {0}")]
    Call(#[from] CallFault),
    /// Its address was answered with another status than that of success.
    #[error("the picture cannot be fetched: its address was answered with status {0}")]
    Status(u16),
    /// It is no JPEG file.
    #[error("the picture must be a JPEG file")]
    Form,
    /// Its sides differ, in pixels.
    #[error("the picture must be square, and is {0} × {1} pixels")]
    Sides(usize, usize),
    /// A side has fewer pixels than it must.
    #[error("a side of the picture must have at least {PICTURE_SIDE} pixels, and has {0}")]
    Small(usize),
}

/// The address of a picture that was looked at. Only [`fetch`](Self::fetch) and [`of`](Self::of) make one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture(String);

impl Picture {
    /// Fetches what is at `url` and looks at its head.
    ///
    /// # Errors
    /// [`PictureFault`]; whatever the address answers is given up beyond [`PICTURE_BYTES`] and within five seconds.
    pub async fn fetch(outbound: &dyn Outbound, url: &str) -> Result<Self, PictureFault> {
        let call = Call { time: Some(PICTURE_TIME), answer_bytes: Some(PICTURE_BYTES), ..Call::get(url) };
        let answered = outbound.call(call).await?;
        if !answered.is_success() {
            return Err(PictureFault::Status(answered.status));
        }
        Self::of(url, &answered.body)
    }

    /// Looks at the head of what is at `url`.
    ///
    /// # Errors
    /// [`PictureFault`].
    pub fn of(url: &str, bytes: &[u8]) -> Result<Self, PictureFault> {
        if bytes.len() > PICTURE_BYTES {
            return Err(CallFault::TooLong(PICTURE_BYTES).into());
        }
        examine(bytes)?;
        Ok(Self(url.to_owned()))
    }

    /// Its address.
    #[must_use]
    pub fn into_url(self) -> String {
        self.0
    }
}

/// Looks at the head of a file: nothing of what it may swell up to is decoded.
fn examine(bytes: &[u8]) -> Result<(), PictureFault> {
    let mut decoder = JpegDecoder::new(ZCursor::new(bytes));
    decoder.decode_headers().map_err(|_| PictureFault::Form)?;
    let (width, height) = decoder.dimensions().ok_or(PictureFault::Form)?;
    match () {
        () if width != height => Err(PictureFault::Sides(width, height)),
        () if width < PICTURE_SIDE => Err(PictureFault::Small(width)),
        () => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::outbound::Answered;

    /// The head of a grey JPEG file of these sides: its frame and the beginning of its scan.
    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let [w, h] = [width.to_be_bytes(), height.to_be_bytes()];
        let table = [vec![0xff, 0xdb, 0, 67, 0], vec![1; 64]].concat();
        let frame = vec![0xff, 0xc0, 0, 11, 8, h[0], h[1], w[0], w[1], 1, 1, 0x11, 0];
        let codes = |class: u8| [vec![0xff, 0xc4, 0, 20, class, 1], vec![0; 15], vec![0]].concat();
        let scan = vec![0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0];
        [vec![0xff, 0xd8], table, frame, codes(0), codes(0x10), scan, vec![0, 0xff, 0xd9]].concat()
    }

    /// An address that answers so.
    struct Answers(u16, Vec<u8>);

    #[async_trait]
    impl Outbound for Answers {
        async fn call(&self, call: Call) -> Result<Answered, CallFault> {
            match call.answer_bytes {
                Some(bound) if self.1.len() > bound => Err(CallFault::TooLong(bound)),
                _ => {
                    Ok(Answered { status: self.0, content_type: None, body: Bytes::copy_from_slice(&self.1) })
                }
            }
        }
    }

    #[tokio::test]
    async fn a_square_jpeg_of_192_pixels_or_more_is_taken_and_nothing_else() {
        let tried =
            async |status, body| Picture::fetch(&Answers(status, body), "http://a/b").await.map(|_| ());
        assert_eq!(tried(200, jpeg(192, 192)).await, Ok(()));
        assert_eq!(tried(200, jpeg(4096, 4096)).await, Ok(()));
        assert_eq!(tried(200, jpeg(191, 191)).await, Err(PictureFault::Small(191)));
        assert_eq!(tried(200, jpeg(640, 480)).await, Err(PictureFault::Sides(640, 480)));
        assert_eq!(tried(404, jpeg(192, 192)).await, Err(PictureFault::Status(404)));
        assert_eq!(tried(200, b"\x89PNG\r\n\x1a\n".to_vec()).await, Err(PictureFault::Form));
        assert_eq!(tried(200, Vec::new()).await, Err(PictureFault::Form));
        let long = [jpeg(192, 192), vec![0; PICTURE_BYTES]].concat();
        assert_eq!(tried(200, long).await, Err(PictureFault::Call(CallFault::TooLong(PICTURE_BYTES))));
    }

    proptest! {
        #[test]
        fn no_file_breaks_the_look_at_it(cut in 0_usize..200, at in 0_usize..200, byte: u8) {
            let mut file = jpeg(192, 192);
            if let Some(there) = file.get_mut(at) {
                *there = byte;
            }
            file.truncate(cut);
            let _ = examine(&file);
        }
    }
}
