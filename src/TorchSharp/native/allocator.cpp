// A caching allocator for CPU tensors. A training step asks for the same sizes again and again; returning large blocks
// to the operating system in between costs a page fault for every 4 KiB of the next step, so freed blocks are kept.
//
// Sizes are rounded up to classes, eight for each power of two (at most 12.5 % is lost to rounding). A request takes a
// free block of its own class, or of one of the next few classes (best fit within 25 % above), and only then asks the
// system. Waste is bounded: when a request has to ask the system and the blocks held would exceed 1.25 times the peak
// of live bytes plus 32 MiB, free blocks are handed back first, largest classes first.
#include <array>
#include <cstdlib>
#include <mutex>
#include <new>

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "common.h"

namespace st {

namespace {

constexpr size_t alignment = 64;
constexpr size_t huge_page = size_t{2} << 20;
constexpr size_t smallest = 64;
constexpr int steps_per_octave = 8;
constexpr int class_count = 48 * steps_per_octave;
constexpr int classes_to_search = 2;
constexpr size_t spare_bytes = size_t{32} << 20;

struct Block {
    Block* next;
    size_t size;
    int size_class;
};
static_assert(sizeof(Block) <= alignment, "the header precedes the data within one alignment unit");

struct SizeClass {
    int index;
    size_t size;
};

SizeClass size_class_of(size_t bytes) {
    size_t octave = smallest;
    int index = 0;
    while (octave * 2 < bytes) {
        octave *= 2;
        index += steps_per_octave;
    }
    const size_t step = octave / steps_per_octave;
    const size_t above = bytes <= octave ? 0 : (bytes - octave + step - 1) / step;
    return {index + static_cast<int>(above), octave + above * step};
}

class CachingAllocator final : public c10::Allocator {
  public:
    // libtorch declared this const up to 2.2 and not since; defining both overrides whichever there is.
    c10::DataPtr allocate(size_t bytes) const { return const_cast<CachingAllocator*>(this)->take(bytes); }
    c10::DataPtr allocate(size_t bytes) { return take(bytes); }
    c10::DeleterFnPtr raw_deleter() const override { return &CachingAllocator::release; }
    // Pure virtual since libtorch 2.3, absent before.
    void copy_data(void* destination, const void* source, size_t count) const { std::memcpy(destination, source, count); }

    size_t trim() {
        std::lock_guard<std::mutex> lock(mutex_);
        return release_down_to(0);
    }

    void statistics(int64_t* live, int64_t* cached, int64_t* peak) {
        std::lock_guard<std::mutex> lock(mutex_);
        *live = static_cast<int64_t>(live_);
        *cached = static_cast<int64_t>(cached_);
        *peak = static_cast<int64_t>(peak_);
    }

    static CachingAllocator& instance() {
        // Never destroyed: tensors in static storage may be freed after every destructor of ours has run.
        static auto* allocator = new CachingAllocator();
        return *allocator;
    }

  private:
    std::mutex mutex_;
    std::array<Block*, class_count> free_{};
    size_t live_ = 0;
    size_t cached_ = 0;
    size_t peak_ = 0;

    static void* data_of(Block* block) { return reinterpret_cast<char*>(block) + alignment; }
    static Block* block_of(void* data) {
        return reinterpret_cast<Block*>(static_cast<char*>(data) - alignment);
    }

    static void release(void* data) {
        if (data != nullptr) {
            instance().put(block_of(data));
        }
    }

    c10::DataPtr take(size_t bytes) {
        const c10::Device cpu(c10::DeviceType::CPU);
        if (bytes == 0) {
            return {nullptr, nullptr, &CachingAllocator::release, cpu};
        }
        void* data = data_of(block_for(bytes));
        return {data, data, &CachingAllocator::release, cpu};
    }

    Block* block_for(size_t bytes) {
        const SizeClass wanted = size_class_of(bytes);
        TORCH_CHECK(wanted.index < class_count, "cannot allocate ", bytes, " bytes");
        {
            std::lock_guard<std::mutex> lock(mutex_);
            const int last = std::min(class_count - 1, wanted.index + classes_to_search);
            for (int index = wanted.index; index <= last; ++index) {
                if (Block* block = free_[static_cast<size_t>(index)]) {
                    free_[static_cast<size_t>(index)] = block->next;
                    cached_ -= block->size;
                    count_live(block->size);
                    return block;
                }
            }
            count_live(wanted.size);
            const size_t limit = peak_ + peak_ / 4 + spare_bytes;
            if (live_ + cached_ > limit) {
                release_down_to(limit > live_ ? limit - live_ : 0);
            }
        }
        Block* block = from_system(wanted.size);
        if (block == nullptr) {
            trim();
            block = from_system(wanted.size);
        }
        if (block == nullptr) {
            std::lock_guard<std::mutex> lock(mutex_);
            live_ -= wanted.size;
            TORCH_CHECK(false, "out of memory: cannot allocate ", bytes, " bytes for a tensor");
        }
        block->size = wanted.size;
        block->size_class = wanted.index;
        return block;
    }

    void count_live(size_t bytes) {
        live_ += bytes;
        peak_ = std::max(peak_, live_);
    }

    void put(Block* block) {
        std::lock_guard<std::mutex> lock(mutex_);
        Block*& head = free_[static_cast<size_t>(block->size_class)];
        block->next = head;
        head = block;
        live_ -= block->size;
        cached_ += block->size;
    }

    size_t release_down_to(size_t bytes) {
        const size_t before = cached_;
        for (size_t index = class_count; index-- > 0 && cached_ > bytes;) {
            while (free_[index] != nullptr && cached_ > bytes) {
                Block* block = free_[index];
                free_[index] = block->next;
                cached_ -= block->size;
                std::free(block);
            }
        }
        return before - cached_;
    }

    static Block* from_system(size_t size) {
        const size_t total = size + alignment;
        void* memory = nullptr;
        if (posix_memalign(&memory, total >= 2 * huge_page ? huge_page : alignment, total) != 0) {
            return nullptr;
        }
#if defined(__linux__) && defined(MADV_HUGEPAGE)
        if (total >= 2 * huge_page) {
            madvise(memory, total / huge_page * huge_page, MADV_HUGEPAGE);
        }
#endif
        return static_cast<Block*>(memory);
    }
};

}  // namespace

void register_caching_allocator() {
    c10::SetCPUAllocator(&CachingAllocator::instance());
}

}  // namespace st

ST_API int64_t st_allocator_trim() {
    return static_cast<int64_t>(st::CachingAllocator::instance().trim());
}

ST_API void st_allocator_statistics(int64_t* live, int64_t* cached, int64_t* peak) {
    st::CachingAllocator::instance().statistics(live, cached, peak);
}
