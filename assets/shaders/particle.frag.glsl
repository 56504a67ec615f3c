#version 100
// A round light: a bright core in a soft halo. Added to what is behind it.
precision mediump float;

varying mediump vec2 at;
varying mediump vec3 light;

void main() {
    float out2 = dot(at, at);
    float halo = max(1.0 - out2, 0.0);
    halo = halo * halo * halo;
    // The core ends where the body does.
    float core = 1.0 - smoothstep(0.02, 0.21, out2);
    float heat = dot(light, vec3(0.06)) * core;
    gl_FragColor = vec4(light * (halo * 0.30 + core * 0.85) + vec3(heat), 1.0);
}
