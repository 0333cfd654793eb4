// What the desktop says about how its user likes programs to behave.
#pragma once

namespace tb::app {

// Whether animations are switched off: in the settings of GTK (gtk-enable-animations in gtk-4.0 or gtk-3.0/settings.ini)
// or of KDE (AnimationDurationFactor in kdeglobals), in the folder of the XDG configuration. False where nothing is said.
bool desktop_reduces_motion();

}  // namespace tb::app
