#include "labs/model/model.h"

#include <dlfcn.h>
#include <sched.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "base/memory.h"
#include "labs/model/checkpoint.h"
#include "labs/model/transformer.h"
#include "labs/model/weights.h"

namespace tb {

namespace {

// Processors that share a core compute no faster together, so one thread for each core we may run on.
int physical_cores() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    std::string siblings = std::to_string(cpu);
    std::ifstream file("/sys/devices/system/cpu/cpu" + siblings + "/topology/thread_siblings_list");
    std::getline(file, siblings);
    cores.insert(siblings);
  }
  return std::max<int>(1, static_cast<int>(cores.size()));
}

// The number of GPUs torch can use. Its CUDA library is opened here, and only where a driver is present: linking it
// would keep the program from starting anywhere else.
int count_gpus() {
  if (!dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL)) return 0;
  if (!dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL)) return 0;
  return at::hasCUDA() ? static_cast<int>(at::getNumGPUs()) : 0;
}

// "auto", "cpu", "cuda", "cuda:1". auto falls back to the CPU, an explicit wish does not.
Result<at::Device> find_device(const std::string& wish) {
  if (wish == "cpu") return at::Device(at::kCPU);
  if (wish == "auto") return count_gpus() > 0 ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
  int index = 0;
  const char* const end = wish.data() + wish.size();
  if (wish.starts_with("cuda:")) {
    const auto [stop, error] = std::from_chars(wish.data() + 5, end, index);
    if (error != std::errc() || stop != end || index < 0) return fail("device.unknown", "device", {wish});
  } else if (wish != "cuda") {
    return fail("device.unknown", "device", {wish});
  }
  if (index >= count_gpus()) return fail("device.missing", "device", {wish});
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index));
}

Result<at::ScalarType> find_dtype(const std::string& wish) {
  if (wish == "auto" || wish == "float32") return at::kFloat;
  if (wish == "bfloat16") return at::kBFloat16;
  return fail("dtype.unknown", "dtype", {wish});
}

// "auto", "dense", "blocks": auto keeps both forms if they fit well, else the smaller one.
Result<WeightForm> find_form(const std::string& wish, const Checkpoint& checkpoint, at::Device device,
                             at::ScalarType dtype) {
  if (wish != "auto" && wish != "dense" && wish != "blocks") return fail("weights.unknown", "weights", {wish});
  const bool can_be_blocks = device.is_cpu() && dtype == at::kFloat;
  if (wish == "blocks" && !can_be_blocks)
    return fail("weights.blocks", "weights", {device.is_cpu() ? "bfloat16" : device.str()});
  if (wish == "blocks") return WeightForm::blocks;
  if (wish == "dense" || !device.is_cpu()) return WeightForm::dense;
  // Half of what is free: the rest is for caches, traces and the others.
  const bool roomy = weight_bytes(checkpoint, dtype, WeightForm::both).all() <= available_memory() / 2;
  return roomy || !can_be_blocks ? WeightForm::both : WeightForm::blocks;
}

// What the learner reads: "float32", "float32+blocks", "blocks", "bfloat16".
std::string described(WeightForm form, at::ScalarType dtype, const WeightBytes& bytes) {
  if (form == WeightForm::blocks) return "blocks";
  const std::string dense = dtype == at::kFloat ? "float32" : "bfloat16";
  return bytes.blocks > 0 ? dense + "+blocks" : dense;
}

}  // namespace

Model::Model(ModelInfo info, Tokenizer tokenizer, std::unique_ptr<Transformer> transformer)
    : info_(std::move(info)), tokenizer_(std::move(tokenizer)), transformer_(std::move(transformer)) {}

Model::~Model() = default;

Result<std::shared_ptr<Model>> Model::load(const LoadOptions& options, const Progress& progress) {
  const auto device = find_device(options.device);
  if (!device) return tl::unexpected(device.error());
  const auto dtype = find_dtype(options.dtype);
  if (!dtype) return tl::unexpected(dtype.error());
  if (options.threads < 0) return fail("threads.range", "threads", {std::to_string(options.threads)});

  if (progress.report) progress.report(0, "file");
  std::error_code unreadable;   // Checkpoint::open says it better
  if (!std::filesystem::exists(options.path, unreadable) && !unreadable)
    return fail("model.missing", options.path, {std::filesystem::path(options.path).stem().string()});
  const auto checkpoint = Checkpoint::open(options.path);
  if (!checkpoint) return tl::unexpected(checkpoint.error());
  const Config& config = checkpoint->config();
  const auto form = find_form(options.weights, *checkpoint, *device, *dtype);
  if (!form) return tl::unexpected(form.error());

  // Read the vocabulary and sum up the file while the weights are unpacked.
  auto tokenizer_task = std::async(std::launch::async, [&] { return checkpoint->tokenizer(); });
  auto checksum_task = std::async(std::launch::async, [&] { return checkpoint->checksum(); });
  const int threads = options.threads > 0 ? options.threads : physical_cores();
  at::set_num_threads(threads);
  auto weights = load_weights(*checkpoint, *device, *dtype, *form, threads, progress);
  auto tokenizer = tokenizer_task.get();
  const std::string checksum = checksum_task.get();
  if (!weights) return tl::unexpected(weights.error());
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  if (progress.report) progress.report(1, "weights");

  const WeightBytes bytes = bytes_of(*weights);
  ModelInfo info{.name = checkpoint->name(),
                 .path = options.path,
                 .checksum = checksum,
                 .architecture = config.architecture,
                 .device = device->str(),
                 .dtype = *dtype == at::kFloat ? "float32" : "bfloat16",
                 .threads = threads,
                 .n_layers = config.n_layers,
                 .n_heads = config.n_heads,
                 .n_kv_heads = config.n_kv_heads,
                 .d_model = config.d_model,
                 .d_head = config.d_head,
                 .d_mlp = config.d_mlp,
                 .vocabulary = config.vocabulary,
                 .context = config.context,
                 .parameters = checkpoint->parameters(),
                 .weights = described(*form, *dtype, bytes),
                 .weight_bytes = bytes.all(),
                 .block_bytes = bytes.blocks};
  auto transformer = std::make_unique<Transformer>(config, std::move(*weights));
  return std::shared_ptr<Model>(new Model(std::move(info), std::move(*tokenizer), std::move(transformer)));
}

}  // namespace tb
