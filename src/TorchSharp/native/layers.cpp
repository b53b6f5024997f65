// What the layers share: when they are recorded, derivatives by a composition, and what is prepared from weights once.
#include <cstdlib>
#include <mutex>
#include <unordered_map>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "layers.h"

namespace st {

float* scratch(int64_t count) {
    struct Held {
        void* memory = nullptr;
        size_t bytes = 0;

        ~Held() { std::free(memory); }
    };
    static thread_local Held held;
    constexpr size_t page = size_t{2} << 20;
    const size_t wanted = (static_cast<size_t>(count) * sizeof(float) + page - 1) / page * page;
    if (wanted > held.bytes) {
        std::free(held.memory);
        held.memory = nullptr;
        held.bytes = 0;
        TORCH_CHECK(posix_memalign(&held.memory, page, wanted) == 0, "out of memory: cannot allocate ", wanted, " bytes to compute in");
        held.bytes = wanted;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
        madvise(held.memory, wanted, MADV_HUGEPAGE);
#endif
    }
    return static_cast<float*>(held.memory);
}

bool recorded(const TensorList& inputs) {
    if (!at::GradMode::is_enabled()) {
        return false;
    }
    for (const at::Tensor& input : inputs) {
        if (input.defined() && input.requires_grad()) {
            return true;
        }
    }
    return false;
}

TensorList composed_gradient(const TensorList& inputs, const std::vector<bool>& wanted,
                             const std::function<TensorList(const TensorList&)>& composition, const TensorList& dy) {
    at::AutoGradMode graph(true);
    // Views have nodes of their own in the graph. The inputs themselves need not: all parameters are parts of one vector
    // and come from one node, to which every earlier layer leads, and the search for it would run through all of them,
    // at every layer anew.
    TensorList views, places;
    for (size_t i = 0; i < inputs.size(); ++i) {
        const at::Tensor& input = inputs[i];
        views.push_back(input.defined() && input.requires_grad() ? input.view_as(input) : input);
        if (wanted[i]) {
            places.push_back(views.back());
        }
    }
    const TensorList results = composition(views);
    TensorList outputs, along;
    for (size_t i = 0; i < dy.size(); ++i) {
        if (dy[i].defined()) {
            outputs.push_back(results[i]);
            along.push_back(dy[i]);
        }
    }
    TensorList found = torch::autograd::grad(outputs, places, along, true, true, true);
    TensorList all(inputs.size());
    size_t next = 0;
    for (size_t i = 0; i < inputs.size(); ++i) {
        if (wanted[i]) {
            all[i] = found[next++];
        }
    }
    return all;
}

at::Tensor prepared_once(const at::Tensor& weight, Form form, const std::function<at::Tensor()>& prepare) {
    struct Entry {
        c10::weak_intrusive_ptr<at::TensorImpl> owner;
        int64_t version;
        at::Tensor prepared;
    };
    static std::mutex mutex;
    // Never destroyed: threads may outlive static storage.
    static auto& entries = *new std::unordered_map<uintptr_t, Entry>();
    if (weight.is_inference()) {
        return prepare();
    }
    std::lock_guard<std::mutex> lock(mutex);
    // Addresses are multiples of eight.
    const uintptr_t key = reinterpret_cast<uintptr_t>(weight.unsafeGetTensorImpl()) | static_cast<uintptr_t>(form);
    const auto found = entries.find(key);
    if (found != entries.end() && !found->second.owner.expired() && found->second.version == weight._version()) {
        return found->second.prepared;
    }
    for (auto entry = entries.begin(); entry != entries.end();) {
        entry = entry->first == key || entry->second.owner.expired() ? entries.erase(entry) : std::next(entry);
    }
    at::Tensor prepared = prepare();
    entries.emplace(key, Entry{c10::weak_intrusive_ptr<at::TensorImpl>(weight.getIntrusivePtr()), weight._version(), prepared});
    return prepared;
}

}  // namespace st
