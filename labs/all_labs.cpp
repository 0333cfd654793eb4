#include "labs/all_labs.h"

#include "labs/anatomy/anatomy.h"
#include "labs/attention/attention.h"
#include "labs/attribution/attribution.h"
#include "labs/backprop/backprop.h"
#include "labs/cache/cache.h"
#include "labs/configuration/configuration.h"
#include "labs/control/control.h"
#include "labs/depth/depth.h"
#include "labs/from-scratch/from_scratch.h"
#include "labs/graph/graph.h"
#include "labs/heads/heads.h"
#include "labs/lens/lens.h"
#include "labs/levers/levers.h"
#include "labs/lora/lora.h"
#include "labs/missed/missed.h"
#include "labs/neighbours/neighbours.h"
#include "labs/next-token/next_token.h"
#include "labs/own-code/own_code.h"
#include "labs/patching/patching.h"
#include "labs/probe/probe.h"
#include "labs/rotation/rotation.h"
#include "labs/spread/spread.h"
#include "labs/steering/steering.h"
#include "labs/surprise/surprise.h"
#include "labs/tokens/tokens.h"
#include "labs/weights/weights.h"

namespace tb {

std::span<const Lab* const> all_labs() {
  static const TokensLab tokens;
  static const NextTokenLab next_token;
  static const AttentionLab attention;
  static const LensLab lens;
  static const WeightsLab weights;
  static const PatchingLab patching;
  static const AttributionLab attribution;
  static const GraphLab graph;
  static const HeadsLab heads;
  static const ControlLab control;
  static const SpreadLab spread;
  static const BackpropLab backprop;
  static const RotationLab rotation;
  static const LeversLab levers;
  static const SteeringLab steering;
  static const LoraLab lora;
  static const FromScratchLab from_scratch;
  static const AnatomyLab anatomy;
  static const ConfigurationLab configuration;
  static const SurpriseLab surprise;
  static const CacheLab cache;
  static const NeighboursLab neighbours;
  static const DepthLab depth;
  static const ProbeLab probe;
  static const MissedLab missed;
  static const OwnCodeLab own_code;
  static const Lab* const labs[] = {
      &tokens,
      &next_token,
      &attention,
      &lens,
      &weights,
      &patching,
      &attribution,
      &graph,
      &heads,
      &control,
      &spread,
      &rotation,
      &backprop,
      &levers,
      &steering,
      &lora,
      &from_scratch,
      &anatomy,
      &configuration,
      &surprise,
      &cache,
      &neighbours,
      &depth,
      &probe,
      &missed,
      &own_code,
  };
  return labs;
}

}  // namespace tb
