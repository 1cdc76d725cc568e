//! An allocator that knows how much is held, and the most since it was asked to begin.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The system's allocator, counted.
pub struct Counting {
    held: AtomicUsize,
    base: AtomicUsize,
    peak: AtomicUsize,
}

impl Counting {
    /// Nothing is held yet.
    pub const fn new() -> Counting {
        Counting { held: AtomicUsize::new(0), base: AtomicUsize::new(0), peak: AtomicUsize::new(0) }
    }

    /// Counts from here on.
    pub fn begin(&self) {
        let held = self.held.load(Ordering::Relaxed);
        self.base.store(held, Ordering::Relaxed);
        self.peak.store(held, Ordering::Relaxed);
    }

    /// The most bytes that were held since, beyond those held before.
    pub fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed).saturating_sub(self.base.load(Ordering::Relaxed))
    }

    fn grow(&self, bytes: usize) {
        let held = self.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.peak.fetch_max(held, Ordering::Relaxed);
    }

    fn shrink(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

// SAFETY: every call goes to the system's allocator as it came; only numbers are kept besides.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.grow(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        self.shrink(layout.size());
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        self.grow(size);
        self.shrink(layout.size());
        unsafe { System.realloc(at, layout, size) }
    }
}
