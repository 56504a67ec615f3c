#version 100
// One corner of the triangle round a particle's sprite; the sprite is the unit circle of `corner`.
attribute vec2 corner;
attribute vec2 position_m;
attribute float diameter_m;
attribute vec4 rgba;

// World to clip space: scale in xy, offset in zw.
uniform vec4 view;
// Sprite radius per body radius, smallest drawn body radius in metres.
uniform vec2 sprite;

varying mediump vec2 at;
varying mediump vec3 light;

void main() {
    float radius_m = diameter_m * 0.5;
    float drawn_m = max(radius_m, sprite.y);
    // A body smaller than the smallest drawn one keeps its light: it is spread, not added to.
    float spread = radius_m / drawn_m;
    at = corner;
    // Bytes arrive as 0 to 255.
    light = rgba.rgb * (rgba.a * spread * spread) / (255.0 * 255.0);
    gl_Position = vec4((position_m + corner * drawn_m * sprite.x) * view.xy + view.zw, 0.0, 1.0);
}
